// When a profile was saved.
#pragma once

#include "absl/time/time.h"
#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::control {

// To the millisecond, as all times are shown.
inline void StampProfile(absl::Time now, ::sluice::control::v1::Profile& profile) {
  const int64_t millis = absl::ToUnixMillis(now);
  profile.mutable_saved_at()->set_seconds(millis / 1000);
  profile.mutable_saved_at()->set_nanos(static_cast<int32_t>(millis % 1000 * 1'000'000));
}

}  // namespace sluice::control

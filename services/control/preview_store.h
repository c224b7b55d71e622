// Previews that were made, by their hash, so that a run can be held to one: a folder with the
// uploads, which several controls may share.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/ulid.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::control {

namespace controlpb = ::sluice::control::v1;

// Thread-safe.
class PreviewStore {
 public:
  // How long a preview is kept.
  static constexpr absl::Duration kKept = absl::Hours(72);

  // In the folder `previews` in that of the uploads. Clock and random outlive it.
  PreviewStore(const std::string& uploads, const base::Clock& clock, base::Random& random)
      : directory_(uploads + "/previews"), clock_(clock), random_(random) {}

  // Keeps it and drops those that are too old. The same again takes the place of the one before.
  absl::Status Put(const controlpb::Preview& preview);
  // FailedPrecondition, in words for the user, when there is none, or none any more.
  absl::StatusOr<controlpb::Preview> Get(const std::string& hash) const;

 private:
  void DropOld() const;

  const std::string directory_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace sluice::control

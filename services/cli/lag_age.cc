#include "cli/lag_age.h"

namespace sluice::cli {

absl::Duration LagAge::Look(int64_t now_nanos, uint64_t end, uint64_t read) {
  if (read_up_to_nanos_ < 0) read_up_to_nanos_ = now_nanos;
  if (unread_.empty() || unread_.back().end < end) {
    unread_.push_back({now_nanos, end});
  }
  while (!unread_.empty() && unread_.front().end <= read) {
    read_up_to_nanos_ = unread_.front().at_nanos;
    unread_.pop_front();
  }
  // The age may be told too high, so a look in the middle can go.
  if (unread_.size() > kLooksMax) unread_.erase(unread_.begin() + 1);
  if (read < end) return absl::Nanoseconds(now_nanos - read_up_to_nanos_);
  read_up_to_nanos_ = now_nanos;
  return absl::ZeroDuration();
}

}  // namespace sluice::cli

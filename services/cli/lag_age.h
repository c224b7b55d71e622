// How old the oldest record is that a group has not read, on a log that does not say when a record
// was written: from looks at where a partition ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"

namespace sluice::cli {

// Of one partition. Exact to the time between two looks, and never too low. Thread-compatible.
class LagAge {
 public:
  // Where the partition ends now and how far the group has read; `now_nanos` is monotonic.
  absl::Duration Look(int64_t now_nanos, uint64_t end, uint64_t read);

 private:
  struct Seen {
    int64_t at_nanos = 0;
    uint64_t end = 0;
  };
  static constexpr size_t kLooksMax = 256;

  // Ends that the group has not read up to yet, oldest first, each above the one before.
  std::deque<Seen> unread_;
  // The last look that saw nothing that is unread now.
  int64_t read_up_to_nanos_ = -1;
};

}  // namespace sluice::cli

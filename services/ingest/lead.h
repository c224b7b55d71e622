// How far ingest may be ahead: all running imports of a sink together at most one second of load's
// recent rate, and about so many bytes, shared equally among them. Rows that any stage has given an
// outcome count as arrived. So cancel and pause act within seconds, a small import does not wait
// behind a large one, and the log stays small.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"

namespace sluice::ingest {

struct LeadLimits {
  double seconds = 1.0;
  uint64_t rows_min = 10000;
  uint64_t rows_max = 100000;
  // By the mean size of what an import has sent lately; stronger than rows_min.
  uint64_t bytes_max = 64u << 20;
};

// Of one sink. Thread-safe.
class Lead {
 public:
  explicit Lead(const LeadLimits& limits) : limits_(limits) {}

  // An import takes its share from now on.
  void Join(std::string_view import_id, uint64_t sent);
  void Leave(std::string_view import_id);
  // `bytes` of the rows sent since the last call.
  void Sent(std::string_view import_id, uint64_t sent_in_all, uint64_t bytes);
  // Rows of the import that have an outcome, in all. `now_nanos` is monotonic.
  void Arrived(std::string_view import_id, uint64_t arrived_in_all, int64_t now_nanos);
  // Every row the import has sent has an outcome.
  bool AllArrived(std::string_view import_id) const;
  // Rows the import may send now.
  uint64_t Allowance(std::string_view import_id) const;

 private:
  struct Share {
    uint64_t sent = 0;
    uint64_t arrived = 0;
    // Smoothed bytes a row; 0 = nothing sent yet.
    double row_bytes = 0;
    bool running = false;
  };

  uint64_t LimitRows() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LeadLimits limits_;
  mutable base::Mutex mutex_;
  std::map<std::string, Share, std::less<>> shares_ ABSL_GUARDED_BY(mutex_);
  // Smoothed rows a second.
  double rate_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t arrived_since_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t measured_at_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::ingest

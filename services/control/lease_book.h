// Which ingest reads which import, and how far all running imports are: what keeps several
// instances from reading one file for nothing, and what their lead is counted from. Kept in memory:
// after a restart whoever asks first gets a lease, and what fences is not the lease but the
// import's transactional id.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "control/import_record.h"
#include "sluice/control/v1/ingest_lease_service.pb.h"

namespace sluice::control {

// Times are monotonic nanoseconds. Thread-safe.
class LeaseBook {
 public:
  explicit LeaseBook(absl::Duration lease) : lease_(lease) {}

  // An import that has not ended; again is harmless.
  void Add(const ImportRecord& import);
  void Remove(std::string_view import_id);
  // Rows that have an outcome, in all.
  void Progress(std::string_view import_id, int64_t finished);

  controlpb::RenewLeasesResponse Renew(const controlpb::RenewLeasesRequest& request,
                                       int64_t now_nanos);
  void Release(const controlpb::ReleaseLeasesRequest& request);
  struct Counts {
    // Imports that have not ended.
    int64_t running = 0;
    // Of those, whose source has not been read to its end and nobody is given to read.
    int64_t waiting = 0;
  };
  Counts Count(int64_t now_nanos) const;
  // Grows with every change of an import.
  uint64_t version() const;
  // Waits for a change after `seen`, or the time is over.
  void WaitForChange(uint64_t seen, absl::Duration timeout) const;

 private:
  struct Entry {
    std::string sink;
    int64_t finished = 0;
    // Empty = nobody.
    std::string holder;
    int64_t until_nanos = 0;
    bool done = false;

    bool Free(int64_t now_nanos) const { return holder.empty() || until_nanos < now_nanos; }
  };

  const absl::Duration lease_;
  mutable base::Mutex mutex_;
  std::map<std::string, Entry, std::less<>> imports_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::control

// Batches that callers have pushed, on their way to the thread that writes them, and what became of
// them on the way back.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "sluice/ingest/v1/ingest_service.pb.h"

namespace sluice::ingest {

namespace ingestpb = ::sluice::ingest::v1;

// A batch somebody waits for, or has given up.
struct PushTicket {
  ingestpb::PushBatch batch;
  // These belong to the queue.
  bool done = false;
  absl::Status status;
};

// Thread-safe.
class PushQueue {
 public:
  std::shared_ptr<PushTicket> Add(ingestpb::PushBatch batch);
  // Waits until the batch was written. DeadlineExceeded when that takes longer: it may be written
  // all the same.
  absl::Status Await(const std::shared_ptr<PushTicket>& ticket, absl::Duration patience);

  // The oldest batches: up to so many records, but one batch at least.
  std::vector<std::shared_ptr<PushTicket>> Take(size_t records_max);
  // What became of batches that were taken.
  void Finish(const std::vector<std::shared_ptr<PushTicket>>& tickets, const absl::Status& status);
  // Everything that waits.
  void FailAll(const absl::Status& status);
  bool empty() const;

 private:
  mutable base::Mutex mutex_;
  std::deque<std::shared_ptr<PushTicket>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::ingest

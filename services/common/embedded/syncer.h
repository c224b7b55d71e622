// Group commit: one thread syncs the write-ahead log for everybody who waits.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/state/rocks_database.h"
#include "common/stream/record_batch.h"

namespace sluice::embedded {

// Positions are RocksDB sequence numbers. Thread-safe. The database outlives it.
class Syncer {
 public:
  explicit Syncer(state::RocksDatabase& database);
  // Ends the thread; what was requested but not yet synced stays unsynced.
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  void Request(stream::LogPosition position);
  // Waits until everything up to `position` is on disk. An error of the disk is final: after a
  // failed sync the page cache may lie, so nothing is reported durable again.
  absl::Status Wait(stream::LogPosition position);

 private:
  void Run();

  state::RocksDatabase& database_;
  base::Mutex mutex_;
  stream::LogPosition requested_ ABSL_GUARDED_BY(mutex_) = 0;
  stream::LogPosition synced_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::embedded

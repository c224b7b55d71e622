// Tells who watches imports in this process that one has changed. What another control changes, a
// watcher sees when it looks again by itself.
#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"

namespace sluice::control {

// Thread-safe.
class ChangeSignal {
 public:
  void Changed() {
    base::MutexLock lock(&mutex_);
    ++version_;
  }
  // Grows with every change.
  uint64_t version() const {
    base::MutexLock lock(&mutex_);
    return version_;
  }
  // Waits for a change after `seen`, or the time is over.
  void WaitForChange(uint64_t seen, absl::Duration timeout) const {
    base::MutexLock lock(&mutex_);
    const auto changed = [this, seen]()
                             ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return version_ != seen; };
    mutex_.AwaitWithTimeout(base::Condition(&changed), timeout);
  }

 private:
  mutable base::Mutex mutex_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::control

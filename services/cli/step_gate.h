// Lets the threads of a process take their steps, and holds all of them between two steps for
// somebody who needs the stores to stand still for a moment.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"

namespace sluice::cli {

// Thread-safe.
class StepGate {
 public:
  // A step: waits while the gate is closed.
  class Pass {
   public:
    explicit Pass(StepGate& gate) : gate_(gate) { gate_.Enter(); }
    ~Pass() { gate_.Leave(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    StepGate& gate_;
  };

  // Returns when nobody takes a step; nobody begins one until Open. DeadlineExceeded, and open,
  // when a step takes longer than `timeout`. One at a time closes it.
  absl::Status Close(absl::Duration timeout);
  void Open();

 private:
  void Enter();
  void Leave();

  base::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::cli

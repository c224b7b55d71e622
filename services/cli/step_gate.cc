#include "cli/step_gate.h"

namespace sluice::cli {

void StepGate::Enter() {
  base::MutexLock lock(&mutex_);
  const auto open = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !closed_; };
  mutex_.Await(base::Condition(&open));
  ++inside_;
}

void StepGate::Leave() {
  base::MutexLock lock(&mutex_);
  --inside_;
}

absl::Status StepGate::Close(absl::Duration timeout) {
  base::MutexLock lock(&mutex_);
  closed_ = true;
  const auto empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return inside_ == 0; };
  if (mutex_.AwaitWithTimeout(base::Condition(&empty), timeout)) return absl::OkStatus();
  closed_ = false;
  return absl::DeadlineExceededError(
      "a step of a stage takes too long (a sink that does not answer?): try again");
}

void StepGate::Open() {
  base::MutexLock lock(&mutex_);
  closed_ = false;
}

}  // namespace sluice::cli

#include "cli/worker.h"

#include <pthread.h>

#include <algorithm>

#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kIdleWait = absl::Milliseconds(200);
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

}  // namespace

void StopSignal::Stop() {
  base::MutexLock lock(&mutex_);
  stopped_ = true;
}

void StopSignal::Fail(const absl::Status& status) {
  base::MutexLock lock(&mutex_);
  if (failure_.ok()) failure_ = status;
  stopped_ = true;
}

bool StopSignal::stopped() const {
  base::MutexLock lock(&mutex_);
  return stopped_;
}

absl::Status StopSignal::failure() const {
  base::MutexLock lock(&mutex_);
  return failure_;
}

void StopSignal::WaitFor(absl::Duration time) const {
  base::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(base::Condition(&stopped_), time);
}

Worker::Worker(const WorkerOptions& options, Wait wait, StopSignal& stop,
               const telemetry::Logger& logger, Step step)
    : options_(options),
      wait_(std::move(wait)),
      stop_(stop),
      logger_(logger),
      step_(std::move(step)),
      thread_([this] { Run(); }) {}

Worker::~Worker() {
  thread_.join();
}

absl::Status Worker::health() const {
  base::MutexLock lock(&mutex_);
  return health_;
}

void Worker::SetHealth(const absl::Status& status) {
  base::MutexLock lock(&mutex_);
  health_ = status;
}

void Worker::Run() {
  // What `top -H` and profilers show; at most 15 characters.
  ::pthread_setname_np(::pthread_self(), options_.name.substr(0, 15).c_str());
  absl::Duration pause = kFirstPause;
  while (!stop_.stopped()) {
    // Taken before the step: what is written while it looks is not missed.
    const uint64_t seen = wait_(UINT64_MAX, absl::ZeroDuration());
    const absl::StatusOr<pipeline::StepResult> result = step_();
    if (result.ok()) {
      pause = kFirstPause;
      if (*result == pipeline::StepResult::kProgress) {
        SetHealth(absl::OkStatus());
        continue;
      }
      SetHealth(*result == pipeline::StepResult::kWaiting
                    ? absl::UnavailableError("waits for a plan")
                    : absl::OkStatus());
      wait_(seen, kIdleWait);
      continue;
    }
    SetHealth(result.status());
    if (!options_.retry || !base::IsRetryable(result.status())) {
      stop_.Fail(base::Annotate(result.status(), options_.name));
      return;
    }
    logger_.Warning("a step failed and will be tried again",
                    {{"worker", options_.name}, {"reason", base::Message(result.status())}});
    stop_.WaitFor(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace sluice::cli

// A thread that drives a step function: steps while there is progress, waits for the log when there
// is none, tries again with growing pauses when the world fails for a while, and ends when it fails
// for good.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/pipeline/stage_runner.h"
#include "common/telemetry/log.h"

namespace sluice::cli {

// Shared by the workers of a process: the first failure stops all. Thread-safe.
class StopSignal {
 public:
  void Stop();
  void Fail(const absl::Status& status);
  bool stopped() const;
  absl::Status failure() const;
  // Waits until stopped or the time is over.
  void WaitFor(absl::Duration time) const;

 private:
  mutable base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

struct WorkerOptions {
  std::string name;
  // False: an error that may pass ends the work too (a one-shot command tells and exits).
  bool retry = true;
};

class Worker {
 public:
  using Step = std::function<absl::StatusOr<pipeline::StepResult>()>;
  // As Log::WaitForWrite.
  using Wait = std::function<uint64_t(uint64_t seen, absl::Duration timeout)>;

  // Starts the thread. Stop and what the functions use outlive the worker.
  Worker(const WorkerOptions& options, Wait wait, StopSignal& stop, const telemetry::Logger& logger,
         Step step);
  // Joins; the stop signal must have been given.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  const std::string& name() const { return options_.name; }
  // OK, or what it is waiting for.
  absl::Status health() const;

 private:
  void Run();
  void SetHealth(const absl::Status& status);

  const WorkerOptions options_;
  const Wait wait_;
  StopSignal& stop_;
  const telemetry::Logger logger_;
  const Step step_;
  mutable base::Mutex mutex_;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::cli

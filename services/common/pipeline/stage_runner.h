// Runs one stage on one log: poll, decide, and write outputs, state, results and consumed offsets
// in one transaction. A step function: threads and waiting belong to the composition root, so a
// simulation can drive it.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/pipeline/stage.h"
#include "common/stream/log.h"

namespace sluice::pipeline {

enum class StepResult {
  kIdle,      // nothing to read
  kProgress,  // a batch was committed
  kWaiting,   // a record's plan is not known yet
};

// What a runner has done, for metrics. Called from the runner's thread, once a batch.
struct BatchReport {
  size_t records_in = 0;
  size_t records_out = 0;
  int64_t duration_nanos = 0;
  std::array<int64_t, recordpb::Outcome_ARRAYSIZE> outcomes{};
};

class RunnerObserver {
 public:
  virtual ~RunnerObserver() = default;
  virtual void OnBatch(const BatchReport& report) = 0;
};

struct StageRunnerOptions {
  std::string group;
  stream::TopicId in = 0;
  stream::TopicId out = 0;
  stream::TopicId results = 0;
  stream::PollLimits limits;
};

// Thread-compatible. What is passed by reference outlives it.
class StageRunner {
 public:
  static absl::StatusOr<std::unique_ptr<StageRunner>> Create(
      const StageRunnerOptions& options, stream::Log& log, const stream::StateReader& state,
      const base::Clock& clock, std::unique_ptr<Stage> stage, RunnerObserver* observer);
  // After an error nothing of the batch has happened; the next step tries it again.
  absl::StatusOr<StepResult> Step();

 private:
  StageRunner(const StageRunnerOptions& options, stream::Log& log, const stream::StateReader& state,
              const base::Clock& clock, std::unique_ptr<Stage> stage, RunnerObserver* observer,
              std::unique_ptr<stream::RecordSource> source);
  absl::StatusOr<bool> ProcessBatch(BatchReport& report);

  const StageRunnerOptions options_;
  stream::Log& log_;
  const stream::StateReader& state_;
  const base::Clock& clock_;
  const std::unique_ptr<Stage> stage_;
  RunnerObserver* const observer_;
  const std::unique_ptr<stream::RecordSource> source_;
  stream::RecordBatch batch_;
  // The batch was polled but not yet committed.
  bool pending_ = false;
};

}  // namespace sluice::pipeline

// Runs one stage on one log: poll, decide, and write outputs, state, results and consumed offsets
// in one transaction, for batches of several partitions at once. A step function: threads and
// waiting belong to the composition root, so a simulation can drive it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/pipeline/result_parts.h"
#include "common/pipeline/stage.h"
#include "common/stream/log.h"

namespace sluice::pipeline {

enum class StepResult {
  kIdle,      // nothing to read
  kProgress,  // something was committed, or other partitions are read now
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
  // Of one transaction.
  stream::PollLimits limits;
  // Of a message of results.
  size_t result_bytes_max = kResultBytesMax;
  // On a log that other programs read.
  std::optional<QuarantineOptions> quarantine;
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
  // Reads batches until one transaction is full or there is no more now. The state that a batch
  // meets is as of the last commit, so what comes of a partition is one batch.
  absl::Status Read();
  void Keep(stream::RecordBatch& batch);
  // Works on the first `count` batches in one transaction. How many were committed: all, or those
  // before the first of which a plan is not known.
  absl::StatusOr<size_t> ProcessBatches(size_t count, BatchReport& report);
  absl::StatusOr<bool> ProcessBatch(const stream::RecordBatch& batch,
                                    stream::Transaction& transaction, BatchReport& report);

  const StageRunnerOptions options_;
  stream::Log& log_;
  const stream::StateReader& state_;
  const base::Clock& clock_;
  const std::unique_ptr<Stage> stage_;
  RunnerObserver* const observer_;
  std::optional<QuarantineTopic> quarantine_;
  const std::unique_ptr<stream::RecordSource> source_;
  uint64_t generation_ = 0;
  // Polled but not yet committed, one a partition.
  std::vector<stream::RecordBatch> batches_;
};

}  // namespace sluice::pipeline

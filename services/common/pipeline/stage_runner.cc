#include "common/pipeline/stage_runner.h"

#include "common/base/status.h"

namespace sluice::pipeline {

absl::StatusOr<std::unique_ptr<StageRunner>> StageRunner::Create(
    const StageRunnerOptions& options, stream::Log& log, const stream::StateReader& state,
    const base::Clock& clock, std::unique_ptr<Stage> stage, RunnerObserver* observer) {
  SLUICE_ASSIGN_OR_RETURN(auto source, log.OpenSource(options.group, options.in));
  return std::unique_ptr<StageRunner>(
      new StageRunner(options, log, state, clock, std::move(stage), observer, std::move(source)));
}

StageRunner::StageRunner(const StageRunnerOptions& options, stream::Log& log,
                         const stream::StateReader& state, const base::Clock& clock,
                         std::unique_ptr<Stage> stage, RunnerObserver* observer,
                         std::unique_ptr<stream::RecordSource> source)
    : options_(options),
      log_(log),
      state_(state),
      clock_(clock),
      stage_(std::move(stage)),
      observer_(observer),
      source_(std::move(source)) {}

absl::StatusOr<StepResult> StageRunner::Step() {
  if (!pending_) {
    SLUICE_RETURN_IF_ERROR(source_->Poll(options_.limits, batch_));
    if (batch_.records.empty()) return StepResult::kIdle;
    pending_ = true;
  }
  const int64_t start = clock_.MonotonicNanos();
  BatchReport report;
  SLUICE_ASSIGN_OR_RETURN(const bool done, ProcessBatch(report));
  if (!done) return StepResult::kWaiting;
  pending_ = false;
  if (observer_ != nullptr) {
    report.duration_nanos = clock_.MonotonicNanos() - start;
    observer_->OnBatch(report);
  }
  return StepResult::kProgress;
}

absl::StatusOr<bool> StageRunner::ProcessBatch(BatchReport& report) {
  const auto transaction = log_.Begin();
  StageOutput out(*transaction, {options_.out, batch_.partition}, stage_->id());
  SLUICE_ASSIGN_OR_RETURN(const bool done, stage_->Process(batch_, state_, out));
  if (!done) return false;
  for (ResultBuilder& result : out.results()) {
    for (size_t i = 0; i < report.outcomes.size(); ++i) {
      report.outcomes[i] += result.outcomes(static_cast<recordpb::Outcome>(i));
    }
    if (result.empty()) continue;
    const std::string import_id = result.result().import_id();
    transaction->Append({options_.results, batch_.partition},
                        {stream::RecordKind::kResult, import_id, 0}, {}, result.Finish());
  }
  transaction->Consumed(options_.group, {options_.in, batch_.partition}, batch_.next_offset);
  SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
  report.records_in = batch_.records.size();
  report.records_out = out.emitted();
  return true;
}

}  // namespace sluice::pipeline

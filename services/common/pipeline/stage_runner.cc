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
      source_(std::move(source)),
      generation_(source_->assignment().generation) {
  if (options_.quarantine.has_value()) quarantine_.emplace(*options_.quarantine, stage_->id());
}

absl::StatusOr<StepResult> StageRunner::Step() {
  SLUICE_RETURN_IF_ERROR(batches_.empty() ? Read() : source_->Attend());
  if (source_->assignment().generation != generation_) {
    generation_ = source_->assignment().generation;
    batches_.clear();
    return StepResult::kProgress;
  }
  if (batches_.empty()) return StepResult::kIdle;
  const int64_t start = clock_.MonotonicNanos();
  BatchReport report;
  SLUICE_ASSIGN_OR_RETURN(const size_t done, ProcessBatches(batches_.size(), report));
  if (done == 0) return StepResult::kWaiting;
  batches_.erase(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(done));
  if (observer_ != nullptr) {
    report.duration_nanos = clock_.MonotonicNanos() - start;
    observer_->OnBatch(report);
  }
  return StepResult::kProgress;
}

absl::Status StageRunner::Read() {
  size_t records = 0;
  size_t bytes = 0;
  while (records < options_.limits.records_max && bytes < options_.limits.bytes_max) {
    stream::RecordBatch batch;
    SLUICE_RETURN_IF_ERROR(source_->Poll(
        {options_.limits.records_max - records, options_.limits.bytes_max - bytes}, batch));
    if (batch.records.empty()) return absl::OkStatus();
    records += batch.records.size();
    for (const auto& buffer : batch.buffers) bytes += buffer->size();
    Keep(batch);
  }
  return absl::OkStatus();
}

void StageRunner::Keep(stream::RecordBatch& batch) {
  for (stream::RecordBatch& kept : batches_) {
    if (kept.partition != batch.partition) continue;
    kept.records.insert(kept.records.end(), batch.records.begin(), batch.records.end());
    kept.buffers.insert(kept.buffers.end(), batch.buffers.begin(), batch.buffers.end());
    kept.next_offset = batch.next_offset;
    kept.position = batch.position;
    return;
  }
  batches_.push_back(std::move(batch));
}

absl::StatusOr<size_t> StageRunner::ProcessBatches(size_t count, BatchReport& report) {
  auto transaction = log_.Begin();
  for (size_t i = 0; i < count; ++i) {
    SLUICE_ASSIGN_OR_RETURN(const bool done, ProcessBatch(batches_[i], *transaction, report));
    if (done) continue;
    if (i == 0) return size_t{0};
    // What this batch may have left in the transaction must not stay: the ones before go alone.
    transaction.reset();
    report = {};
    return ProcessBatches(i, report);
  }
  SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
  return count;
}

absl::StatusOr<bool> StageRunner::ProcessBatch(const stream::RecordBatch& batch,
                                               stream::Transaction& transaction,
                                               BatchReport& report) {
  StageOutput out(transaction, {options_.out, batch.partition}, stage_->id(),
                  quarantine_.has_value() ? &*quarantine_ : nullptr);
  SLUICE_ASSIGN_OR_RETURN(const bool done, stage_->Process(batch, state_, out));
  if (!done) return false;
  for (ResultBuilder& result : out.results()) {
    for (size_t i = 0; i < report.outcomes.size(); ++i) {
      report.outcomes[i] += result.outcomes(static_cast<recordpb::Outcome>(i));
    }
    if (result.empty()) continue;
    const std::string import_id = result.result().import_id();
    for (const std::string& part : result.Finish(options_.result_bytes_max)) {
      transaction.Append({options_.results, batch.partition},
                         {stream::RecordKind::kResult, import_id, 0}, {}, part);
    }
  }
  transaction.Consumed(options_.group, {options_.in, batch.partition}, batch.next_offset);
  report.records_in += batch.records.size();
  report.records_out += out.emitted();
  return true;
}

}  // namespace sluice::pipeline

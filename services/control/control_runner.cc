#include "control/control_runner.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/status.h"
#include "common/stream/topics.h"
#include "control/journal_window.h"
#include "control/outbox_publisher.h"

namespace sluice::control {

namespace {

// The window moves by whole hours.
constexpr int64_t kWindowEveryNanos = 60'000'000'000;

}  // namespace

using pipeline::StepResult;

absl::StatusOr<std::unique_ptr<ControlRunner>> ControlRunner::Create(
    const ControlRunnerOptions& options, stream::Log& log, ControlStore& store,
    ProgressListener on_progress) {
  SLUICE_ASSIGN_OR_RETURN(auto source, log.OpenSource(stream::kControlGroup, options.results));
  std::unique_ptr<ControlRunner> runner(
      new ControlRunner(options, log, store, std::move(on_progress), std::move(source)));
  SLUICE_RETURN_IF_ERROR(runner->FollowAssignment());
  return runner;
}

absl::Status ControlRunner::FollowAssignment() {
  batches_.clear();
  next_.clear();
  for (const uint32_t partition : source_->assignment().partitions) {
    SLUICE_ASSIGN_OR_RETURN(const uint64_t offset, store_.ResultsOffset(partition));
    next_[partition] = offset;
    const absl::Status sought = source_->Seek(partition, offset);
    if (base::IsRetryable(sought)) return sought;
    if (!sought.ok()) {
      return absl::FailedPreconditionError(fmt::format(
          "the control database and the log do not fit together ({}): restore both from one "
          "backup",
          base::Message(sought)));
    }
  }
  generation_ = source_->assignment().generation;
  return absl::OkStatus();
}

absl::StatusOr<StepResult> ControlRunner::Step() {
  SLUICE_RETURN_IF_ERROR(batches_.empty() && !AssignmentChanged() ? PollAll() : source_->Attend());
  if (AssignmentChanged()) {
    SLUICE_RETURN_IF_ERROR(FollowAssignment());
    return StepResult::kProgress;
  }
  SLUICE_RETURN_IF_ERROR(FollowWindow());
  if (outbox_waits_ && options_.publishes) SLUICE_RETURN_IF_ERROR(PublishOutbox());
  if (batches_.empty()) return StepResult::kIdle;
  SLUICE_RETURN_IF_ERROR(Apply());
  return StepResult::kProgress;
}

absl::Status ControlRunner::FollowWindow() {
  if (options_.clock == nullptr) return absl::OkStatus();
  const int64_t now = options_.clock->MonotonicNanos();
  if (now < window_at_nanos_) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const bool told,
                          AgeWindow(store_, options_.window_days, *options_.clock));
  if (told) outbox_waits_ = true;
  window_at_nanos_ = now + kWindowEveryNanos;
  return absl::OkStatus();
}

absl::Status ControlRunner::PollAll() {
  // One batch of each partition: they share one transaction of the database.
  for (uint32_t turn = 0; turn < log_.partitions(); ++turn) {
    SLUICE_RETURN_IF_ERROR(source_->Poll(options_.limits, batch_));
    if (batch_.records.empty()) return absl::OkStatus();
    PartitionResults& batch = batches_.emplace_back();
    batch.partition = batch_.partition;
    batch.from_offset = std::exchange(next_[batch.partition], batch_.next_offset);
    batch.next_offset = batch_.next_offset;
    position_ = batch_.position;
    log_.RequestDurable(position_);
    for (const stream::Record& record : batch_.records) {
      if (!batch.results.emplace_back().ParseFromArray(record.value.data(),
                                                       static_cast<int>(record.value.size()))) {
        return absl::DataLossError("a record of sluice.results.v1 is damaged");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ControlRunner::Apply() {
  SLUICE_RETURN_IF_ERROR(log_.WaitDurable(position_));
  auto result = store_.ApplyResults(batches_);
  if (absl::IsAborted(result.status())) {
    // Another control has applied them, or this one and the answer was lost: where the database
    // stands is read again, and what may have ended is published.
    generation_.reset();
    outbox_waits_ = true;
  }
  SLUICE_RETURN_IF_ERROR(result.status());
  const AppliedResults applied = *std::move(result);
  for (const auto& [import_id, finished] : applied.progressed) on_progress_(import_id, finished);
  const auto transaction = log_.Begin();
  for (const PartitionResults& batch : batches_) {
    transaction->Consumed(stream::kControlGroup, {options_.results, batch.partition},
                          batch.next_offset);
    applied_ += batch.results.size();
  }
  batches_.clear();
  if (!applied.ended.empty()) outbox_waits_ = true;
  for (const std::string& import_id : applied.ended) {
    if (options_.on_ended) options_.on_ended(import_id);
  }
  SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
  return outbox_waits_ && options_.publishes ? PublishOutbox() : absl::OkStatus();
}

absl::Status ControlRunner::PublishOutbox() {
  // Before looking: what comes while it looks is not missed.
  outbox_waits_ = false;
  const absl::Status published = control::PublishOutbox(store_, log_, options_.imports);
  if (!published.ok()) outbox_waits_ = true;
  return published;
}

}  // namespace sluice::control

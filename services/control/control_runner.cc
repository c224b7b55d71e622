#include "control/control_runner.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/stream/topics.h"

namespace sluice::control {

using pipeline::StepResult;

absl::StatusOr<std::unique_ptr<ControlRunner>> ControlRunner::Create(
    const ControlRunnerOptions& options, stream::Log& log, ControlStore& store,
    ProgressListener on_progress) {
  SLUICE_ASSIGN_OR_RETURN(auto source, log.OpenSource(stream::kControlGroup, options.results));
  for (uint32_t partition = 0; partition < log.partitions(); ++partition) {
    SLUICE_ASSIGN_OR_RETURN(const uint64_t offset, store.ResultsOffset(partition));
    const absl::Status sought = source->Seek(partition, offset);
    if (!sought.ok()) {
      return absl::FailedPreconditionError(fmt::format(
          "the control database and the log do not fit together ({}): restore both from one "
          "backup",
          base::Message(sought)));
    }
  }
  return std::unique_ptr<ControlRunner>(
      new ControlRunner(options, log, store, std::move(on_progress), std::move(source)));
}

absl::StatusOr<StepResult> ControlRunner::Step() {
  if (!pending_) {
    SLUICE_RETURN_IF_ERROR(source_->Poll(options_.limits, batch_));
    if (batch_.records.empty()) return StepResult::kIdle;
    pending_ = true;
    log_.RequestDurable(batch_.position);
  }
  results_.clear();
  for (const stream::Record& record : batch_.records) {
    if (!results_.emplace_back().ParseFromArray(record.value.data(),
                                                static_cast<int>(record.value.size()))) {
      return absl::DataLossError("a record of sluice.results.v1 is damaged");
    }
  }
  SLUICE_RETURN_IF_ERROR(log_.WaitDurable(batch_.position));
  SLUICE_ASSIGN_OR_RETURN(const AppliedResults applied,
                          store_.ApplyResults(batch_.partition, batch_.next_offset, results_));
  pending_ = false;
  for (const auto& [import_id, finished] : applied.progressed) on_progress_(import_id, finished);
  const auto transaction = log_.Begin();
  transaction->Consumed(stream::kControlGroup, {options_.results, batch_.partition},
                        batch_.next_offset);
  SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
  if (!applied.ended.empty()) SLUICE_RETURN_IF_ERROR(PublishOutbox());
  return StepResult::kProgress;
}

absl::Status ControlRunner::PublishOutbox() {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<OutboxMessage> messages, store_.ReadOutbox());
    if (messages.empty()) return absl::OkStatus();
    const auto transaction = log_.Begin();
    for (const OutboxMessage& message : messages) {
      transaction->Upsert({options_.imports, 0}, message.key, message.value);
    }
    SLUICE_ASSIGN_OR_RETURN(const stream::LogPosition position, transaction->Commit());
    SLUICE_RETURN_IF_ERROR(log_.WaitDurable(position));
    SLUICE_RETURN_IF_ERROR(store_.DropOutbox(messages.back().id));
  }
}

}  // namespace sluice::control

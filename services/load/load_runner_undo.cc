// Rollbacks and redos of LoadRunner. Whoever has partition 0 of the sink's topic does them: the
// journal is the sink's, not a partition's, and its place is kept in the sink.
#include <algorithm>

#include "common/base/status.h"
#include "common/record/record_header.h"
#include "load/load_runner.h"

namespace sluice::load {
namespace {

constexpr uint32_t kUndoPartition = 0;
constexpr int64_t kLookEveryNanos = 300'000'000;

}  // namespace

absl::Status LoadRunner::LookForUndo() {
  const int64_t now = clock_.MonotonicNanos();
  if (now < undo_look_at_nanos_) return absl::OkStatus();
  undo_look_at_nanos_ = now + kLookEveryNanos;
  SLUICE_ASSIGN_OR_RETURN(std::vector<plan::UndoTask> tasks, catalog_.UndoTasks());
  const controlpb::JournalWindow window = catalog_.Window();
  if (std::string bytes = window.SerializeAsString(); bytes != purging_) {
    purge_ = std::make_unique<PurgeJob>(*sink_, window);
    purging_ = std::move(bytes);
  }
  std::erase_if(
      tasks, [&](const plan::UndoTask& task) { return task.plan->plan().sink() != options_.sink; });
  const auto current = std::find_if(tasks.begin(), tasks.end(), [&](const plan::UndoTask& task) {
    return undo_task_.has_value() && task.import_id == undo_task_->import_id &&
           task.status.version() == undo_task_->status.version();
  });
  if (current != tasks.end()) return absl::OkStatus();
  rollback_.reset();
  redo_.reset();
  undo_task_.reset();
  if (tasks.empty()) return absl::OkStatus();
  undo_task_ = std::move(tasks.front());
  std::vector<std::shared_ptr<const plan::CompiledPlan>> parts = {undo_task_->plan};
  parts.insert(parts.end(), undo_task_->plan->parts().begin(), undo_task_->plan->parts().end());
  const controlpb::ImportStatus& status = undo_task_->status;
  if (status.has_redo()) {
    redo_ = std::make_unique<RedoJob>(*sink_, std::move(parts), status.redo(), log_.partitions());
  } else {
    rollback_ = std::make_unique<RollbackJob>(*sink_, std::move(parts), status.undo());
  }
  return absl::OkStatus();
}

absl::Status LoadRunner::PrepareUndo() {
  loaders_.Trim();
  const auto parts = static_cast<uint32_t>(undo_task_->plan->parts().size());
  for (uint32_t part = 0; part <= parts; ++part) {
    record::RecordHeader header;
    header.import_id = undo_task_->import_id;
    header.revision = 1;
    header.part = part;
    SLUICE_ASSIGN_OR_RETURN(const ImportLoader* loader, loaders_.Find(header));
    if (loader == nullptr) return absl::UnavailableError("the plan of an import is not known yet");
    if (!loaders_.IsPrepared(*loader)) SLUICE_RETURN_IF_ERROR(loaders_.Prepare(*loader));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LoadRunner::UndoStep() {
  if (!IsAssigned(kUndoPartition)) return false;
  SLUICE_RETURN_IF_ERROR(LookForUndo());
  // Done: control has still to hear of it.
  if (rollback_ == nullptr && redo_ == nullptr) return false;
  SLUICE_RETURN_IF_ERROR(PrepareUndo());
  SLUICE_RETURN_IF_ERROR(sink_->Begin());
  auto chunk = redo_ != nullptr ? redo_->Step() : rollback_->Step();
  if (!chunk.ok()) {
    sink_->Abort();
    return chunk.status();
  }
  SLUICE_RETURN_IF_ERROR(CommitUndo(*chunk));
  if (chunk->done) {
    rollback_.reset();
    redo_.reset();
  }
  return true;
}

absl::StatusOr<bool> LoadRunner::PurgeStep() {
  if (purge_ == nullptr || !IsAssigned(kUndoPartition)) return false;
  SLUICE_RETURN_IF_ERROR(sink_->Begin());
  const absl::StatusOr<bool> done = purge_->Step();
  if (!done.ok()) {
    sink_->Abort();
    return done.status();
  }
  SLUICE_RETURN_IF_ERROR(sink_->Commit());
  if (*done) purge_.reset();
  return true;
}

absl::Status LoadRunner::CommitUndo(const UndoChunk& chunk) {
  std::vector<std::string> results;
  absl::Status status;
  for (const recordpb::StageResult& result : chunk.results) {
    for (std::string& part : pipeline::SerializeInParts(result, options_.result_bytes_max)) {
      if (status.ok()) {
        status = sink_->AddPending({options_.topic, kUndoPartition, fence_[kUndoPartition], part});
      }
      results.push_back(std::move(part));
    }
  }
  // What is dropped below must not be lost with the log's last second.
  if (status.ok()) status = log_.WaitDurable(published_position_);
  for (const auto& [partition, offset] : published_) {
    if (status.ok()) status = sink_->DropPending(options_.topic, partition, offset);
  }
  if (!status.ok()) {
    sink_->Abort();
    return status;
  }
  if (const absl::Status committed = sink_->Commit(); !committed.ok()) {
    // It may have happened all the same: then its results wait in the sink.
    publish_failed_ = true;
    return committed;
  }
  published_.clear();
  const auto transaction = log_.Begin();
  for (const std::string& result : results) {
    transaction->Append({options_.results, kUndoPartition}, {stream::RecordKind::kResult, {}, 0},
                        {}, result);
  }
  const auto position = transaction->Commit();
  publish_failed_ = !position.ok();
  SLUICE_RETURN_IF_ERROR(position.status());
  published_position_ = *position;
  published_[kUndoPartition] = fence_[kUndoPartition];
  return absl::OkStatus();
}

}  // namespace sluice::load

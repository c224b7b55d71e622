// SqliteControlStore: what the stages report, and what follows from it.
#include <fmt/format.h>

#include <set>
#include <tuple>

#include "common/base/status.h"
#include "control/sqlite_control_store.h"

namespace sluice::control {
namespace {

// Issues kept one by one for an import and code; the rest is only counted.
constexpr int64_t kStoredIssuesMax = 100000;

}  // namespace

absl::StatusOr<uint64_t> SqliteControlStore::ResultsOffset(uint32_t partition) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(const auto offset,
                          connection_->QueryInt(fmt::format(
                              "SELECT next_offset FROM offsets WHERE partition = {}", partition)));
  return static_cast<uint64_t>(offset.value_or(0));
}

absl::Status SqliteControlStore::LoadTally(const std::string& id, Running& running) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare("SELECT part FROM tallies WHERE import_id = ? AND round = "
                                      "0"));
  rows.Bind(1, id);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    recordpb::StageResult part;
    const std::string_view bytes = rows.Blob(0);
    if (!part.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored count is damaged");
    }
    running.tally.Restore(part);
  }
}

absl::StatusOr<SqliteControlStore::Running*> SqliteControlStore::RunningOf(const std::string& id) {
  const auto found = running_.find(id);
  if (found != running_.end()) return &found->second;
  SLUICE_ASSIGN_OR_RETURN(const auto imports, Select("WHERE id = ?", id));
  if (imports.empty()) {
    return absl::InternalError(fmt::format("results for import {}, which is not known", id));
  }
  Running running(imports[0].plan.partitions());
  running.complete = imports[0].ended();
  SLUICE_RETURN_IF_ERROR(LoadTally(id, running));
  running.stored_issues = running.tally.Counts().issues;
  return &running_.emplace(id, std::move(running)).first->second;
}

absl::StatusOr<AppliedResults> SqliteControlStore::ApplyResults(
    const std::vector<PartitionResults>& batches) {
  base::MutexLock lock(&mutex_);
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  auto applied = ApplyInTransaction(batches);
  absl::Status status = applied.status();
  if (status.ok()) status = connection_->Commit();
  if (!status.ok()) {
    connection_->Rollback();
    running_.clear();
    return status;
  }
  for (const std::string& id : applied->ended) running_.erase(id);
  return applied;
}

absl::StatusOr<AppliedResults> SqliteControlStore::ApplyInTransaction(
    const std::vector<PartitionResults>& batches) {
  AppliedResults applied;
  SLUICE_ASSIGN_OR_RETURN(
      auto move, connection_->Prepare("INSERT OR REPLACE INTO offsets(partition, next_offset) "
                                      "VALUES(?, ?)"));
  for (const PartitionResults& batch : batches) {
    for (const recordpb::StageResult& result : batch.results) {
      SLUICE_RETURN_IF_ERROR(ApplyResult(result));
    }
    move.Bind(1, static_cast<int64_t>(batch.partition));
    move.Bind(2, static_cast<int64_t>(batch.next_offset));
    SLUICE_RETURN_IF_ERROR(move.Run());
  }
  SLUICE_RETURN_IF_ERROR(StoreParts(batches, applied));
  SLUICE_RETURN_IF_ERROR(EndComplete(applied));
  return applied;
}

absl::Status SqliteControlStore::StoreParts(const std::vector<PartitionResults>& batches,
                                            AppliedResults& applied) {
  SLUICE_ASSIGN_OR_RETURN(
      auto store_part,
      connection_->Prepare("INSERT OR REPLACE INTO tallies(import_id, round, stage, partition, "
                           "part) VALUES(?, 0, ?, ?, ?)"));
  std::set<std::string> touched;
  std::set<std::tuple<std::string, int, uint32_t>> parts;
  for (const PartitionResults& batch : batches) {
    for (const recordpb::StageResult& result : batch.results) {
      if (!parts.emplace(result.import_id(), result.stage(), result.partition()).second) continue;
      SLUICE_ASSIGN_OR_RETURN(const Running* running, RunningOf(result.import_id()));
      const std::string bytes =
          running->tally.Part(result.stage(), result.partition()).SerializeAsString();
      store_part.Bind(1, result.import_id()).Bind(2, static_cast<int64_t>(result.stage()));
      store_part.Bind(3, static_cast<int64_t>(result.partition())).BindBlob(4, bytes);
      SLUICE_RETURN_IF_ERROR(store_part.Run());
      if (touched.insert(result.import_id()).second) {
        applied.progressed.emplace_back(result.import_id(), running->tally.Counts().Finished());
      }
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteControlStore::EndComplete(AppliedResults& applied) {
  for (const auto& [id, finished] : applied.progressed) {
    SLUICE_ASSIGN_OR_RETURN(Running * running, RunningOf(id));
    if (running->complete || !running->tally.AllEnded()) continue;
    const absl::Status sum = running->tally.CheckSum();
    running->complete = true;
    controlpb::ImportState state = controlpb::IMPORT_STATE_COMPLETED;
    if (running->tally.Cancelled()) state = controlpb::IMPORT_STATE_CANCELLED;
    if (!sum.ok()) state = controlpb::IMPORT_STATE_FAILED;
    SLUICE_RETURN_IF_ERROR(EndImport(id, state, base::Message(sum)));
    applied.ended.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status SqliteControlStore::ApplyResult(const recordpb::StageResult& result) {
  SLUICE_ASSIGN_OR_RETURN(Running * running, RunningOf(result.import_id()));
  const bool complete = running->complete;
  const bool taken = running->tally.Apply(result);
  if (!taken) return absl::OkStatus();
  if (complete) {
    return absl::InternalError(fmt::format("stage {} sent results for import {} after its end",
                                           recordpb::Stage_Name(result.stage()),
                                           result.import_id()));
  }
  return StoreRows(result, *running);
}

absl::Status SqliteControlStore::StoreRows(const recordpb::StageResult& result, Running& running) {
  if (result.rows().empty() && result.issues().empty()) return absl::OkStatus();
  recordpb::StageResult stored;
  stored.set_stage(result.stage());
  *stored.mutable_rows() = result.rows();
  for (const recordpb::Issue& issue : result.issues()) {
    if (++running.stored_issues[issue.code()] <= kStoredIssuesMax) *stored.add_issues() = issue;
  }
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_->Prepare("INSERT INTO results(import_id, result) VALUES(?, ?)"));
  const std::string bytes = stored.SerializeAsString();
  insert.Bind(1, result.import_id()).BindBlob(2, bytes);
  return insert.Run();
}

absl::Status SqliteControlStore::EndImport(const std::string& id, controlpb::ImportState state,
                                           std::string_view error) {
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_->Prepare("UPDATE imports SET state = ?, version = version + 1, "
                                        "ended_at = ?, error = ? WHERE id = ? RETURNING version"));
  const std::string now = base::FormatTime(clock_.Now());
  update.Bind(1, state).Bind(2, now).Bind(3, error).Bind(4, id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, update.Step());
  if (!found) return absl::InternalError(fmt::format("import {} is gone", id));
  const auto version = static_cast<uint64_t>(update.Int(0));
  SLUICE_RETURN_IF_ERROR(update.Step().status());
  return PutStatus(id, state, version);
}

absl::Status SqliteControlStore::VisitResults(std::string_view id, const ResultVisitor& visit) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto rows,
      connection_->Prepare("SELECT result FROM results WHERE import_id = ? ORDER BY id"));
  rows.Bind(1, id);
  recordpb::StageResult result;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    const std::string_view bytes = rows.Blob(0);
    if (!result.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored result is damaged");
    }
    SLUICE_RETURN_IF_ERROR(visit(result));
  }
}

}  // namespace sluice::control

#include "control/result_application.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/status.h"
#include "control/import_creation.h"
#include "control/import_undo.h"
#include "control/lease_table.h"
#include "control/round_tally.h"

namespace sluice::control {
namespace {

// Issues kept one by one for an import and code; the rest is only counted.
constexpr int64_t kStoredIssuesMax = 100000;

using PartKey = std::pair<recordpb::Stage, uint32_t>;

// An import some results are for.
struct Touched {
  explicit Touched(uint32_t partitions) : tally(partitions) {}
  RoundTally tally;
  uint32_t round = 0;
  bool complete = false;
  uint64_t version = 0;
  std::map<std::string, int64_t> stored_issues;
  std::set<PartKey> parts;
};

using TouchedImports = std::map<std::string, Touched>;

// In the order of their ids: two controls with several imports do not wait for each other.
absl::StatusOr<TouchedImports> LockTouched(ControlTransaction& transaction,
                                           const std::vector<PartitionResults>& batches) {
  std::set<std::string> ids;
  for (const PartitionResults& batch : batches) {
    for (const recordpb::StageResult& result : batch.results) {
      if (!result.has_undo()) ids.insert(result.import_id());
    }
  }
  TouchedImports touched;
  for (const std::string& id : ids) {
    SLUICE_ASSIGN_OR_RETURN(const auto import, transaction.LockImport(id));
    if (!import.has_value()) {
      return absl::InternalError(fmt::format("results for import {}, which is not known", id));
    }
    Touched& entry = touched.try_emplace(id, import->plan.partitions()).first->second;
    SLUICE_ASSIGN_OR_RETURN(const auto parts, transaction.ReadParts(id));
    for (const recordpb::StageResult& part : parts) entry.tally.Restore(part);
    entry.round = import->round();
    entry.complete = import->ended();
    entry.version = import->version;
    entry.stored_issues = entry.tally.Counts().issues;
  }
  return touched;
}

bool TellsOfUndo(const std::vector<PartitionResults>& batches) {
  return std::any_of(batches.begin(), batches.end(), [](const PartitionResults& batch) {
    return std::any_of(batch.results.begin(), batch.results.end(),
                       [](const recordpb::StageResult& result) { return result.has_undo(); });
  });
}

absl::Status StoreRows(ControlTransaction& transaction, const recordpb::StageResult& result,
                       Touched& import) {
  if (result.rows().empty() && result.issues().empty()) return absl::OkStatus();
  recordpb::StageResult stored;
  stored.set_stage(result.stage());
  stored.set_round(result.round());
  *stored.mutable_rows() = result.rows();
  for (const recordpb::Issue& issue : result.issues()) {
    if (++import.stored_issues[issue.code()] <= kStoredIssuesMax) *stored.add_issues() = issue;
  }
  return transaction.AddResult(result.import_id(), stored);
}

absl::Status ApplyResult(ControlTransaction& transaction, const recordpb::StageResult& result,
                         Touched& import) {
  if (!import.tally.Apply(result)) return absl::OkStatus();
  if (import.complete || result.round() != import.round) {
    return absl::InternalError(
        fmt::format("stage {} sent results for round {} of import {}, which is not open",
                    recordpb::Stage_Name(result.stage()), result.round(), result.import_id()));
  }
  import.parts.emplace(result.stage(), result.partition());
  return StoreRows(transaction, result, import);
}

absl::Status EndIfComplete(ControlTransaction& transaction, const std::string& id,
                           const Touched& import, AppliedResults& applied) {
  if (import.complete || !import.tally.AllEnded(import.round)) return absl::OkStatus();
  const absl::Status sum = import.tally.CheckSum(import.round);
  controlpb::ImportState state = controlpb::IMPORT_STATE_COMPLETED;
  // Rows of a later round that were not sent stay as they were, and so does the import.
  if (import.tally.Cancelled()) state = controlpb::IMPORT_STATE_CANCELLED;
  if (!sum.ok()) state = controlpb::IMPORT_STATE_FAILED;
  SLUICE_RETURN_IF_ERROR(transaction.EndImport(id, state, base::Message(sum)));
  applied.ended.push_back(id);
  return PutStatus(transaction, id, state, import.version + 1);
}

}  // namespace

absl::StatusOr<AppliedResults> ApplyResults(ControlTransaction& transaction,
                                            const std::vector<PartitionResults>& batches) {
  // First: who is behind changes nothing.
  for (const PartitionResults& batch : batches) {
    SLUICE_ASSIGN_OR_RETURN(
        const bool moved,
        transaction.MoveOffset(batch.partition, batch.from_offset, batch.next_offset));
    if (moved) continue;
    return absl::AbortedError(
        fmt::format("another control has applied results of partition {}", batch.partition));
  }
  // Before any import, as where rollbacks begin: nobody waits for each other.
  if (TellsOfUndo(batches)) SLUICE_RETURN_IF_ERROR(transaction.LockRunning().status());
  SLUICE_ASSIGN_OR_RETURN(TouchedImports touched, LockTouched(transaction, batches));
  AppliedResults applied;
  for (const PartitionResults& batch : batches) {
    for (const recordpb::StageResult& result : batch.results) {
      SLUICE_RETURN_IF_ERROR(
          result.has_undo()
              ? ApplyUndo(transaction, result, applied)
              : ApplyResult(transaction, result, touched.find(result.import_id())->second));
    }
  }
  for (const auto& [id, import] : touched) {
    for (const auto& [stage, partition] : import.parts) {
      SLUICE_RETURN_IF_ERROR(
          transaction.WritePart(id, import.tally.Part(import.round, stage, partition)));
    }
    const int64_t finished = import.tally.Finished(import.round);
    SLUICE_RETURN_IF_ERROR(transaction.WriteFinished(id, finished));
    applied.progressed.emplace_back(LeaseName(id, import.round), finished);
    SLUICE_RETURN_IF_ERROR(EndIfComplete(transaction, id, import, applied));
  }
  return applied;
}

}  // namespace sluice::control

#include "control/import_undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/status.h"
#include "common/plan/plan_parts.h"
#include "control/import_creation.h"
#include "control/journal_window.h"

namespace sluice::control {
namespace {

// Datasets that an import of the plan writes to.
std::set<std::string> DatasetsOf(const planpb::Plan& plan) {
  std::set<std::string> names;
  for (const planpb::Plan* const part : plan::PartsOf(plan)) {
    names.insert(part->dataset().name());
    for (const planpb::Dataset& target : part->references()) names.insert(target.name());
  }
  return names;
}

bool NothingStays(const recordpb::UndoTotals& totals) {
  return totals.kept() == 0 && totals.partly() == 0;
}

bool IsPartial(const controlpb::UndoOrder& order) {
  return order.rows_size() > 0 || order.added_only() || order.updated_only();
}

controlpb::ImportState EndState(const controlpb::ImportUndo& undo) {
  const bool all = std::any_of(undo.runs().begin(), undo.runs().end(),
                               [](const auto& run) { return !IsPartial(run.order()); });
  return all && NothingStays(undo.totals()) ? controlpb::IMPORT_STATE_ROLLED_BACK
                                            : controlpb::IMPORT_STATE_PARTLY_ROLLED_BACK;
}

absl::Status PutUndoStatus(ControlTransaction& transaction, const ImportRecord& import) {
  controlpb::ImportEvent event;
  event.set_import_id(import.id);
  event.mutable_status()->set_state(import.state);
  event.mutable_status()->set_version(import.version);
  if (import.rolling_back()) {
    *event.mutable_status()->mutable_undo() = import.undo.runs().rbegin()->order();
  } else if (import.is_redo() && !import.ended()) {
    *event.mutable_status()->mutable_redo() = import.undo.redo();
  }
  return transaction.AddToOutbox("state/" + import.id, event);
}

// The last redo still runs, or has completed and nothing was taken back since.
absl::StatusOr<bool> RedoStands(ControlTransaction& transaction,
                                const controlpb::ImportUndo& undo) {
  if (!undo.has_redone()) return false;
  SLUICE_ASSIGN_OR_RETURN(const auto redo, transaction.LockImport(undo.redone().import_id()));
  if (!redo.has_value()) return false;
  if (!redo->ended()) return true;
  return redo->state == controlpb::IMPORT_STATE_COMPLETED &&
         undo.redone().position() == undo.totals().position();
}

}  // namespace

bool WaitsForRollback(const planpb::Plan& plan, const std::vector<ImportRecord>& running) {
  const std::set<std::string> wanted = DatasetsOf(plan);
  return std::any_of(running.begin(), running.end(), [&](const ImportRecord& import) {
    if (!import.rolling_back() || import.plan.sink() != plan.sink()) return false;
    const std::set<std::string> theirs = DatasetsOf(import.plan);
    return std::any_of(theirs.begin(), theirs.end(),
                       [&](const std::string& name) { return wanted.contains(name); });
  });
}

absl::Status BeginRollback(ControlTransaction& transaction, const std::string& id,
                           const UndoWish& wish, const std::string& now) {
  // Nobody creates an import meanwhile: it must see this one roll back, or be seen.
  SLUICE_RETURN_IF_ERROR(transaction.LockRunning().status());
  SLUICE_ASSIGN_OR_RETURN(auto import, transaction.LockImport(id));
  if (!import.has_value()) return NoSuchImport(id);
  if (!import->ended()) {
    return absl::FailedPreconditionError(
        fmt::format("import {} is {}: cancel it first (sluice cancel), or wait for its end", id,
                    StateName(import->state)));
  }
  if (import->rolling_back()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const controlpb::JournalWindow window, transaction.ReadWindow());
  SLUICE_RETURN_IF_ERROR(CheckKept(window, *import));
  if (import->state == controlpb::IMPORT_STATE_ROLLED_BACK) return absl::OkStatus();
  controlpb::UndoRun& run = *import->undo.add_runs();
  run.set_started_at(now);
  controlpb::UndoOrder& order = *run.mutable_order();
  order.set_number(static_cast<uint32_t>(import->undo.runs_size()));
  std::vector<uint64_t> rows = wish.rows;
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  order.mutable_rows()->Add(rows.begin(), rows.end());
  order.set_added_only(wish.added_only);
  order.set_updated_only(wish.updated_only);
  if (import->undo.runs_size() == 1)
    import->undo.set_import_ended_at(import->ended_at.value_or(now));
  import->state = controlpb::IMPORT_STATE_ROLLING_BACK;
  ++import->version;
  SLUICE_RETURN_IF_ERROR(
      transaction.WriteUndo(id, import->undo, import->state, import->version, std::nullopt));
  return PutUndoStatus(transaction, *import);
}

absl::StatusOr<std::string> BeginRedo(ControlTransaction& transaction, const std::string& id,
                                      const std::string& new_id, const std::string& now) {
  SLUICE_RETURN_IF_ERROR(transaction.LockRunning().status());
  SLUICE_ASSIGN_OR_RETURN(auto original, transaction.LockImport(id));
  if (!original.has_value()) return NoSuchImport(id);
  if (original->state != controlpb::IMPORT_STATE_ROLLED_BACK &&
      original->state != controlpb::IMPORT_STATE_PARTLY_ROLLED_BACK) {
    return absl::FailedPreconditionError(
        fmt::format("import {} is {}: only what was rolled back can be done again", id,
                    StateName(original->state)));
  }
  SLUICE_ASSIGN_OR_RETURN(const bool stands, RedoStands(transaction, original->undo));
  if (stands) return original->undo.redone().import_id();
  SLUICE_ASSIGN_OR_RETURN(const controlpb::JournalWindow window, transaction.ReadWindow());
  SLUICE_RETURN_IF_ERROR(CheckKept(window, *original));
  ImportRecord redo;
  redo.id = new_id;
  SLUICE_ASSIGN_OR_RETURN(const uint64_t last, transaction.LastSequence());
  redo.sequence = last + 1;
  redo.path = original->path;
  // No file has it, so no import of one is taken for this.
  redo.plan_hash = "redo " + id;
  redo.plan = original->plan;
  redo.plan.set_import_id(new_id);
  redo.plan.set_revision(1);
  redo.plan.set_sequence(redo.sequence);
  redo.plan.clear_replay_of();
  redo.state = controlpb::IMPORT_STATE_RUNNING;
  redo.version = 1;
  redo.created_at = now;
  controlpb::RedoOrder& order = *redo.undo.mutable_redo();
  order.set_import_id(id);
  order.set_sequence(original->sequence);
  order.set_number_max(static_cast<uint32_t>(original->undo.runs_size()));
  SLUICE_RETURN_IF_ERROR(transaction.AddImport(redo));
  SLUICE_RETURN_IF_ERROR(transaction.AddReadLease(new_id));
  controlpb::ImportEvent event;
  event.set_import_id(new_id);
  *event.mutable_plan() = redo.plan;
  SLUICE_RETURN_IF_ERROR(transaction.AddToOutbox(fmt::format("plan/{}/1", new_id), event));
  SLUICE_RETURN_IF_ERROR(PutUndoStatus(transaction, redo));
  controlpb::RedoRun& run = *original->undo.mutable_redone();
  run.set_import_id(new_id);
  run.set_position(original->undo.totals().position());
  SLUICE_RETURN_IF_ERROR(transaction.WriteUndo(id, original->undo, original->state,
                                               original->version, original->ended_at));
  return new_id;
}

absl::Status ApplyUndo(ControlTransaction& transaction, const recordpb::StageResult& result,
                       AppliedResults& applied) {
  const std::string& id = result.import_id();
  SLUICE_ASSIGN_OR_RETURN(auto import, transaction.LockImport(id));
  if (!import.has_value()) {
    return absl::InternalError(fmt::format("a rollback of import {}, which is not known", id));
  }
  controlpb::ImportUndo& undo = import->undo;
  const auto told = std::pair(result.position(), result.part());
  const auto known = std::pair(undo.totals().position(), undo.part());
  if (undo.has_totals() && told <= known) return absl::OkStatus();
  recordpb::UndoTotals totals = result.more() ? undo.totals() : result.undo();
  totals.set_position(result.position());
  *undo.mutable_totals() = std::move(totals);
  undo.set_part(result.part());
  if (!result.issues().empty()) {
    recordpb::StageResult stored;
    stored.set_stage(recordpb::STAGE_LOAD);
    stored.mutable_undo()->set_number(undo.runs().empty() ? 0
                                                          : undo.runs().rbegin()->order().number());
    *stored.mutable_issues() = result.issues();
    SLUICE_RETURN_IF_ERROR(transaction.AddResult(id, stored));
  }
  const bool ends = import->rolling_back() && !result.more() && undo.totals().done() &&
                    undo.totals().number() == undo.runs().rbegin()->order().number();
  if (ends) undo.mutable_runs()->rbegin()->set_ended_at(transaction.now());
  const controlpb::ImportState before = import->state;
  if (ends || (!import->rolling_back() && !undo.runs().empty())) import->state = EndState(undo);
  std::optional<std::string> ended_at;
  if (!import->rolling_back()) ended_at = undo.import_ended_at();
  if (import->state != before) ++import->version;
  SLUICE_RETURN_IF_ERROR(transaction.WriteUndo(id, undo, import->state, import->version, ended_at));
  applied.progressed.emplace_back(id, 0);
  if (import->state == before) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(PutUndoStatus(transaction, *import));
  applied.ended.push_back(id);
  return ends ? StartQueued(transaction) : absl::OkStatus();
}

absl::Status StartQueued(ControlTransaction& transaction) {
  SLUICE_ASSIGN_OR_RETURN(const auto running, transaction.LockRunning());
  for (const ImportRecord& import : running) {
    if (import.state != controlpb::IMPORT_STATE_QUEUED || WaitsForRollback(import.plan, running)) {
      continue;
    }
    // Somebody may have paused or cancelled it meanwhile.
    SLUICE_ASSIGN_OR_RETURN(const auto queued, transaction.LockImport(import.id));
    if (!queued.has_value() || queued->state != controlpb::IMPORT_STATE_QUEUED) continue;
    SLUICE_RETURN_IF_ERROR(
        transaction.SetState(import.id, controlpb::IMPORT_STATE_RUNNING, queued->version + 1));
    SLUICE_RETURN_IF_ERROR(
        PutStatus(transaction, import.id, controlpb::IMPORT_STATE_RUNNING, queued->version + 1));
  }
  return absl::OkStatus();
}

}  // namespace sluice::control

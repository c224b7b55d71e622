#include "control/import_round.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "control/control_store.h"
#include "control/import_creation.h"
#include "control/import_undo.h"
#include "control/journal_window.h"

namespace sluice::control {

absl::Status MayHaveRound(const ImportRecord& import) {
  if (!import.ended()) {
    return absl::FailedPreconditionError(
        fmt::format("import {} is {}: rows can be sent again when it has ended", import.id,
                    StateName(import.state)));
  }
  if (import.state != controlpb::IMPORT_STATE_COMPLETED &&
      import.state != controlpb::IMPORT_STATE_CANCELLED) {
    return absl::FailedPreconditionError(fmt::format(
        "import {} is {}: its rows cannot be sent again", import.id, StateName(import.state)));
  }
  if (import.is_redo()) {
    return absl::FailedPreconditionError(
        fmt::format("import {} does again what was rolled back: send the rows to import {}",
                    import.id, import.undo.redo().import_id()));
  }
  return absl::OkStatus();
}

absl::Status BeginRound(ControlTransaction& transaction, const std::string& id, uint32_t number,
                        const controlpb::ImportRound& round) {
  // Nobody begins a rollback of the same data meanwhile.
  SLUICE_ASSIGN_OR_RETURN(const auto running, transaction.LockRunning());
  SLUICE_ASSIGN_OR_RETURN(auto import, transaction.LockImport(id));
  if (!import.has_value()) return NoSuchImport(id);
  SLUICE_RETURN_IF_ERROR(MayHaveRound(*import));
  // Without its journal nobody knows what its rows have written.
  SLUICE_ASSIGN_OR_RETURN(const controlpb::JournalWindow window, transaction.ReadWindow());
  SLUICE_RETURN_IF_ERROR(CheckKept(window, *import));
  if (import->round() + 1 != number) {
    return absl::FailedPreconditionError(
        fmt::format("other rows of import {} were sent meanwhile: try again", id));
  }
  controlpb::ImportRound& begun = *import->rounds.add_rounds();
  begun = round;
  begun.set_started_at(transaction.now());
  begun.set_rested_since(import->ended_at.value_or(begun.started_at()));
  const controlpb::ImportState state = WaitsForRollback(import->plan, running)
                                           ? controlpb::IMPORT_STATE_QUEUED
                                           : controlpb::IMPORT_STATE_RUNNING;
  SLUICE_RETURN_IF_ERROR(transaction.WriteRounds(id, import->rounds, state, import->version + 1));
  return PutStatus(transaction, id, state, import->version + 1);
}

}  // namespace sluice::control

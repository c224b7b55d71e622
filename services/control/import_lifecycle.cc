#include "control/import_lifecycle.h"

#include <utility>

#include "common/base/status.h"
#include "control/control_store.h"
#include "control/import_creation.h"
#include "control/import_undo.h"

namespace sluice::control {

absl::StatusOr<ImportRecord> ChangeState(ControlTransaction& transaction, const std::string& id,
                                         Wish wish) {
  std::vector<ImportRecord> running;
  // Nobody begins or ends a rollback meanwhile.
  if (wish == Wish::kResume) {
    SLUICE_ASSIGN_OR_RETURN(running, transaction.LockRunning());
  }
  SLUICE_ASSIGN_OR_RETURN(auto import, transaction.LockImport(id));
  if (!import.has_value()) return NoSuchImport(id);
  if (import->is_redo() && !import->ended()) {
    return absl::FailedPreconditionError(
        "an import that does again what was rolled back goes on to its end; roll it back then");
  }
  SLUICE_ASSIGN_OR_RETURN(controlpb::ImportState state, StateAfter(import->state, wish));
  // It waits as one that begins now would.
  if (import->state == controlpb::IMPORT_STATE_PAUSED && wish == Wish::kResume &&
      WaitsForRollback(import->plan, running)) {
    state = controlpb::IMPORT_STATE_QUEUED;
  }
  if (state == import->state) return *std::move(import);
  import->state = state;
  ++import->version;
  SLUICE_RETURN_IF_ERROR(transaction.SetState(id, state, import->version));
  SLUICE_RETURN_IF_ERROR(PutStatus(transaction, id, state, import->version));
  return *std::move(import);
}

}  // namespace sluice::control

// Rollbacks, redos and the window of the journal in PostgresControlStore.
#include "common/base/status.h"
#include "control/import_undo.h"
#include "control/journal_window.h"
#include "control/postgres_control_store.h"
#include "control/postgres_control_transaction.h"

namespace sluice::control {

absl::StatusOr<ImportRecord> PostgresControlStore::BeginRollback(const std::string& id,
                                                                 const UndoWish& wish) {
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) {
    return control::BeginRollback(transaction, id, wish, transaction.now());
  }));
  return GetImport(id);
}

absl::StatusOr<ImportRecord> PostgresControlStore::BeginRedo(const std::string& id,
                                                             const std::string& new_id) {
  std::string redo;
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(redo, control::BeginRedo(transaction, id, new_id, transaction.now()));
    return absl::OkStatus();
  }));
  return GetImport(redo);
}

absl::StatusOr<controlpb::JournalWindow> PostgresControlStore::ReadWindow() {
  controlpb::JournalWindow window;
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(window, transaction.ReadWindow());
    return absl::OkStatus();
  }));
  return window;
}

absl::StatusOr<bool> PostgresControlStore::MoveWindow(const std::string& since) {
  bool told = false;
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(told, control::MoveWindow(transaction, since));
    return absl::OkStatus();
  }));
  return told;
}

}  // namespace sluice::control

// Rollbacks, redos and the window of the journal in SqliteControlStore.
#include "common/base/status.h"
#include "control/import_undo.h"
#include "control/journal_window.h"
#include "control/sqlite_control_store.h"
#include "control/sqlite_control_transaction.h"

namespace sluice::control {

absl::StatusOr<ImportRecord> SqliteControlStore::BeginRollback(const std::string& id,
                                                               const UndoWish& wish) {
  {
    base::MutexLock lock(&mutex_);
    const absl::Status done =
        InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
          const std::string now = base::FormatTime(clock_.Now());
          SqliteControlTransaction transaction(*connection_, now);
          return control::BeginRollback(transaction, id, wish, now);
        });
    if (!done.ok()) return done;
  }
  return GetImport(id);
}

absl::StatusOr<ImportRecord> SqliteControlStore::BeginRedo(const std::string& id,
                                                           const std::string& new_id) {
  std::string redo;
  {
    base::MutexLock lock(&mutex_);
    const absl::Status done =
        InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
          const std::string now = base::FormatTime(clock_.Now());
          SqliteControlTransaction transaction(*connection_, now);
          SLUICE_ASSIGN_OR_RETURN(redo, control::BeginRedo(transaction, id, new_id, now));
          return absl::OkStatus();
        });
    if (!done.ok()) return done;
  }
  return GetImport(redo);
}

absl::StatusOr<controlpb::JournalWindow> SqliteControlStore::ReadWindow() {
  base::MutexLock lock(&mutex_);
  return SqliteControlTransaction(*connection_, "").ReadWindow();
}

absl::StatusOr<bool> SqliteControlStore::MoveWindow(const std::string& since) {
  base::MutexLock lock(&mutex_);
  bool told = false;
  const absl::Status done =
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
        SqliteControlTransaction transaction(*connection_, base::FormatTime(clock_.Now()));
        SLUICE_ASSIGN_OR_RETURN(told, control::MoveWindow(transaction, since));
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  return told;
}

}  // namespace sluice::control

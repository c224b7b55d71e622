// Rolling an import back and doing it again, in one transaction of control's database. The loaders
// do the work (load/rollback_job.h, load/redo_job.h); they hear of it by the import's state in
// sluice.imports.v1 and tell what they have done on sluice.results.v1.
#pragma once

#include <string>

#include "control/control_store.h"
#include "control/control_transaction.h"

namespace sluice::control {

// `now` is when it begins, as text. After an error the transaction is to be rolled back.
absl::Status BeginRollback(ControlTransaction& transaction, const std::string& id,
                           const UndoWish& wish, const std::string& now);
// The id of the redo: `new_id`, or that of one that still runs, or has completed and stands while
// nothing more was taken back; so a redo whose answer was lost may be asked for again.
absl::StatusOr<std::string> BeginRedo(ControlTransaction& transaction, const std::string& id,
                                      const std::string& new_id, const std::string& now);

// Takes what a loader says of the import's rollbacks; what is not newer is ignored.
absl::Status ApplyUndo(ControlTransaction& transaction, const recordpb::StageResult& result,
                       AppliedResults& applied);

// Imports that wait for a rollback of the same data begin when there is none any more.
absl::Status StartQueued(ControlTransaction& transaction);
// Whether an import of the plan must wait for one of these.
bool WaitsForRollback(const planpb::Plan& plan, const std::vector<ImportRecord>& running);

}  // namespace sluice::control

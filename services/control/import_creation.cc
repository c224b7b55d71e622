#include "control/import_creation.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "control/import_undo.h"

namespace sluice::control {

absl::StatusOr<CreatedImport> CreateImport(ControlTransaction& transaction, const NewImport& wanted,
                                           const Admission& admit, const std::string& now) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<ImportRecord> running, transaction.LockRunning());
  SLUICE_ASSIGN_OR_RETURN(const auto known, admit(running));
  if (known.has_value()) {
    for (ImportRecord& import : running) {
      if (import.id == *known) return CreatedImport{std::move(import), true};
    }
    return absl::InternalError("the import to go on with is not one of those that run");
  }
  SLUICE_ASSIGN_OR_RETURN(const uint64_t last, transaction.LastSequence());
  ImportRecord import;
  import.id = wanted.id;
  import.sequence = std::max(last + 1, wanted.sequence_min);
  import.path = wanted.path;
  import.plan_hash = wanted.plan_hash;
  import.plan = wanted.plan;
  import.plan.set_import_id(wanted.id);
  import.plan.set_revision(1);
  import.plan.set_sequence(import.sequence);
  // One into data that is being rolled back waits for the end of that.
  import.state = WaitsForRollback(import.plan, running) ? controlpb::IMPORT_STATE_QUEUED
                                                        : controlpb::IMPORT_STATE_RUNNING;
  import.version = 1;
  import.created_at = now;
  SLUICE_RETURN_IF_ERROR(transaction.AddImport(import));
  controlpb::ImportEvent event;
  event.set_import_id(import.id);
  *event.mutable_plan() = import.plan;
  SLUICE_RETURN_IF_ERROR(transaction.AddToOutbox(fmt::format("plan/{}/1", import.id), event));
  SLUICE_RETURN_IF_ERROR(PutStatus(transaction, import.id, import.state, import.version));
  return CreatedImport{std::move(import), false};
}

absl::Status PutStatus(ControlTransaction& transaction, const std::string& id,
                       controlpb::ImportState state, uint64_t version) {
  controlpb::ImportEvent event;
  event.set_import_id(id);
  event.mutable_status()->set_state(state);
  event.mutable_status()->set_version(version);
  return transaction.AddToOutbox("state/" + id, event);
}

}  // namespace sluice::control

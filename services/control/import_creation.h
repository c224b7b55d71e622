// Creating an import in one transaction of control's database: looking for one of the same content
// and storing a new one belong together, whoever else starts one.
#pragma once

#include <string>

#include "control/control_store.h"
#include "control/control_transaction.h"

namespace sluice::control {

// After an error the transaction is to be rolled back. `now` is when it was created, as text.
absl::StatusOr<CreatedImport> CreateImport(ControlTransaction& transaction, const NewImport& wanted,
                                           const Admission& admit, const std::string& now);

// Puts the state into the outbox.
absl::Status PutStatus(ControlTransaction& transaction, const std::string& id,
                       controlpb::ImportState state, uint64_t version);

}  // namespace sluice::control

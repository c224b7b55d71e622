// What a person wants of an import that runs, in every database.
#pragma once

#include <string>

#include "control/control_transaction.h"

namespace sluice::control {

// The import in the state that follows, which the outbox tells when it is another; without counts.
// NotFound, or FailedPrecondition as StateAfter says.
absl::StatusOr<ImportRecord> ChangeState(ControlTransaction& transaction, const std::string& id,
                                         Wish wish);

}  // namespace sluice::control

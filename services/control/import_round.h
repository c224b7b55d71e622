// Another round of an import, in one transaction of control's database: rows that come again,
// mended or with an answer (resubmission.h).
#pragma once

#include <string>

#include "control/control_transaction.h"

namespace sluice::control {

// OK when the import may have another round; else FailedPrecondition says why not.
absl::Status MayHaveRound(const ImportRecord& import);

// `number`: from 1. NotFound, or FailedPrecondition when it may not, or has had that round. After
// an error the transaction is to be rolled back.
absl::Status BeginRound(ControlTransaction& transaction, const std::string& id, uint32_t number,
                        const controlpb::ImportRound& round);

}  // namespace sluice::control

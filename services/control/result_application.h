// What follows from results of the stages, in one transaction of control's database: counts,
// completion, and the offsets they hold at.
#pragma once

#include <vector>

#include "control/control_store.h"
#include "control/control_transaction.h"

namespace sluice::control {

// Aborted when a partition stands elsewhere: another control went on. Internal: a broken invariant.
// After an error the transaction is to be rolled back.
absl::StatusOr<AppliedResults> ApplyResults(ControlTransaction& transaction,
                                            const std::vector<PartitionResults>& batches);

}  // namespace sluice::control

// For how long imports can be rolled back: sinks keep the journal of those that ended lately, and
// purge it oldest first (load/purge_job.h). Control says which imports are past, in its database
// and by sluice.imports.v1, before anything of them goes: what it gave up once is refused for good,
// also when the setting grows.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "control/control_store.h"
#include "control/control_transaction.h"

namespace sluice::control {

// Gives up imports that ended before `since`, as text; those that run, roll back or are being done
// again stay. True when the outbox tells of it. After an error the transaction is to be rolled
// back.
absl::StatusOr<bool> MoveWindow(ControlTransaction& transaction, const std::string& since);

// The same for `days` before now, at whole hours; 0 = all are kept. Returns as MoveWindow.
absl::StatusOr<bool> AgeWindow(ControlStore& store, int64_t days, const base::Clock& clock);

// FailedPrecondition when the journal of the import was given up.
absl::Status CheckKept(const controlpb::JournalWindow& window, const ImportRecord& import);

}  // namespace sluice::control

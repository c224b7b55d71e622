// Control's tables in SQLite: their version and their upgrades.
#pragma once

#include "absl/status/status.h"
#include "common/database/sqlite.h"

namespace sluice::control {

// Makes the tables, or brings older ones up to date, in the open transaction. FailedPrecondition
// when a newer program wrote them.
absl::Status MigrateControlSchema(database::SqliteConnection& connection);

}  // namespace sluice::control

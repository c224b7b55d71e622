// Control's own tables in PostgreSQL: the schema `sluice_control`.
#pragma once

#include "common/database/postgres_schema.h"

namespace sluice::control {

// Advisory locks of control: (kControlLockSpace, one of these).
inline constexpr int kControlLockSpace = 0x736c6374;
inline constexpr int kControlSchemaLock = 1;
// Who creates an import.
inline constexpr int kControlCreateLock = 2;
// Who gives or takes leases.
inline constexpr int kControlLeaseLock = 3;

const database::PostgresSchema& ControlSchema();

}  // namespace sluice::control

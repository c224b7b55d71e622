// Sluice's own tables in a PostgreSQL sink: the schema `sluice`, its version and its upgrades.
#pragma once

#include "absl/status/status.h"
#include "common/database/postgres.h"

namespace sluice::load {

// The version this program writes and reads.
inline constexpr int64_t kPostgresSchemaVersion = 1;

// Advisory locks of the sink: (kPostgresLockSpace, one of these).
inline constexpr int kPostgresLockSpace = 0x736c7563;
inline constexpr int kPostgresSchemaLock = 1;
// Shared by every loader's transaction; alone by one that was overtaken.
inline constexpr int kPostgresTurnLock = 2;
// From the check of the keys to the commit.
inline constexpr int kPostgresCommitLock = 3;

// The version found; 0 when there is no schema. PermissionDenied when it may not be looked at.
absl::StatusOr<int64_t> ReadPostgresSchemaVersion(database::PostgresConnection& connection);

// Brings the schema up to date, in one transaction. FailedPrecondition when it is newer. Needs the
// role that owns the schema.
absl::Status MigratePostgresSchema(database::PostgresConnection& connection);

// FailedPrecondition when the schema is not exactly the one this program knows.
absl::Status CheckPostgresSchema(database::PostgresConnection& connection, int64_t found);

}  // namespace sluice::load

// Sluice's own tables in a PostgreSQL sink: the schema `sluice`.
#pragma once

#include "common/database/postgres_schema.h"

namespace sluice::load {

// Advisory locks of the sink: (kPostgresLockSpace, one of these).
inline constexpr int kPostgresLockSpace = 0x736c7563;
inline constexpr int kPostgresSchemaLock = 1;
// Shared by every loader's transaction; alone by one that was overtaken.
inline constexpr int kPostgresTurnLock = 2;
// From the check of the keys to the commit.
inline constexpr int kPostgresCommitLock = 3;
// From the end of a partition to the commit.
inline constexpr int kPostgresEndLock = 4;

const database::PostgresSchema& SinkSchema();

}  // namespace sluice::load

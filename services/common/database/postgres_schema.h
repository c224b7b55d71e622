// A schema of Sluice's own in a PostgreSQL database: its version and its upgrades.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/database/postgres.h"

namespace sluice::database {

// Constants of the program.
struct PostgresSchema {
  // A plain word; its table schema_version has one row.
  std::string_view name;
  // Entry n makes version n + 1 of version n; the first makes the schema and schema_version with
  // version 0. Added to, never changed.
  std::span<const char* const> migrations;
  // Advisory lock that upgrades take.
  int lock_space = 0;
  int lock = 0;

  // The version this program writes and reads.
  int64_t version() const { return static_cast<int64_t>(migrations.size()); }
};

// The version found; 0 when there is no schema. PermissionDenied when it may not be looked at.
absl::StatusOr<int64_t> ReadSchemaVersion(PostgresConnection& connection,
                                          const PostgresSchema& schema);

// Brings the schema up to date, in one transaction. FailedPrecondition when it is newer. Needs the
// role that owns the schema.
absl::Status MigrateSchema(PostgresConnection& owner, const PostgresSchema& schema);

// FailedPrecondition when `found` is not exactly the version this program knows.
absl::Status CheckSchemaVersion(const PostgresConnection& connection, const PostgresSchema& schema,
                                int64_t found);

}  // namespace sluice::database

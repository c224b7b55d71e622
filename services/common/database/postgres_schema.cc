#include "common/database/postgres_schema.h"

#include <fmt/format.h>

#include "common/base/status.h"

namespace sluice::database {
namespace {

absl::Status MigrateInTransaction(PostgresConnection& owner, const PostgresSchema& schema) {
  SLUICE_RETURN_IF_ERROR(owner.Execute(
      fmt::format("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({}, {})",
                  schema.lock_space, schema.lock)));
  SLUICE_ASSIGN_OR_RETURN(int64_t version, ReadSchemaVersion(owner, schema));
  if (version > schema.version()) return CheckSchemaVersion(owner, schema, version);
  for (; version < schema.version(); ++version) {
    SLUICE_RETURN_IF_ERROR(owner.Execute(schema.migrations[static_cast<size_t>(version)]));
    SLUICE_RETURN_IF_ERROR(owner.Execute(
        fmt::format("UPDATE {}.schema_version SET version = {}", schema.name, version + 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> ReadSchemaVersion(PostgresConnection& connection,
                                          const PostgresSchema& schema) {
  SLUICE_ASSIGN_OR_RETURN(const auto present,
                          connection.Query(fmt::format(
                              "SELECT to_regclass('{}.schema_version') IS NOT NULL", schema.name)));
  if (!present.Bool(0, 0)) return 0;
  SLUICE_ASSIGN_OR_RETURN(
      const auto version,
      connection.Query(fmt::format("SELECT version FROM {}.schema_version", schema.name)));
  if (version.size() != 1) {
    return absl::DataLossError(fmt::format("{}.schema_version has no row", schema.name));
  }
  return version.Int(0, 0);
}

absl::Status CheckSchemaVersion(const PostgresConnection& connection, const PostgresSchema& schema,
                                int64_t found) {
  if (found == schema.version()) return absl::OkStatus();
  if (found > schema.version()) {
    return absl::FailedPreconditionError(fmt::format(
        "{} was written by a newer Sluice (schema {} of {}, this one knows {}): use that one",
        connection.name(), found, schema.name, schema.version()));
  }
  return absl::FailedPreconditionError(
      fmt::format("{} has schema {} of {}, {} is needed: start once with the role that owns it "
                  "(setting postgres.owner, deploy/postgres/roles.sql)",
                  connection.name(), found, schema.name, schema.version()));
}

absl::Status MigrateSchema(PostgresConnection& owner, const PostgresSchema& schema) {
  SLUICE_RETURN_IF_ERROR(owner.Begin());
  absl::Status status = MigrateInTransaction(owner, schema);
  if (status.ok()) status = owner.Commit();
  if (!status.ok()) owner.Rollback();
  return status;
}

}  // namespace sluice::database

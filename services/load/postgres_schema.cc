#include "load/postgres_schema.h"

#include <fmt/format.h>

#include <array>

#include "common/base/status.h"

namespace sluice::load {
namespace {

// Upgrades in order: entry n makes version n + 1 of version n. Add, never change.
constexpr std::array<const char*, kPostgresSchemaVersion> kMigrations = {
    "CREATE SCHEMA IF NOT EXISTS sluice;"
    "CREATE TABLE sluice.schema_version(version bigint NOT NULL);"
    "INSERT INTO sluice.schema_version VALUES(0);"
    "CREATE TABLE sluice.key(id smallint PRIMARY KEY, value bytea NOT NULL);"
    // Of keys that go over the wire between loaders: a key of the sink's own.
    "INSERT INTO sluice.key VALUES(1, uuid_send(gen_random_uuid()));"
    "CREATE TABLE sluice.dataset(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " name text NOT NULL UNIQUE);"
    "CREATE TABLE sluice.match_rule(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " dataset text NOT NULL, rule text NOT NULL, UNIQUE(dataset, rule));"
    "CREATE TABLE sluice.field(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " name text NOT NULL UNIQUE);"
    "CREATE TABLE sluice.fence(topic text NOT NULL, partition bigint NOT NULL,"
    " log_id text NOT NULL, next_offset bigint NOT NULL, PRIMARY KEY(topic, partition))"
    " WITH (fillfactor = 50);"
    "CREATE TABLE sluice.totals(import_id text NOT NULL, round bigint NOT NULL,"
    " partition bigint NOT NULL, totals bytea NOT NULL, PRIMARY KEY(import_id, round, partition))"
    " WITH (fillfactor = 50);"
    "CREATE TABLE sluice.pending(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " topic text NOT NULL, partition bigint NOT NULL, next_offset bigint NOT NULL,"
    " result bytea NOT NULL);"
    "CREATE TABLE sluice.met(import_sequence bigint NOT NULL, round bigint NOT NULL,"
    " row_id bigint NOT NULL, met bytea NOT NULL, PRIMARY KEY(import_sequence, round, row_id));"
    "CREATE TABLE sluice.journal(dataset bigint NOT NULL, row_id bigint NOT NULL,"
    " number bigint NOT NULL, import_sequence bigint NOT NULL, kind smallint NOT NULL,"
    " source_row bigint NOT NULL, changes bytea NOT NULL, PRIMARY KEY(dataset, row_id, number));"
    "CREATE INDEX journal_by_import ON sluice.journal(dataset, import_sequence, row_id, number)"
    " WHERE kind <> 0;"
    // Blocks of several kilobytes: compressing them costs more than it saves.
    "CREATE TABLE sluice.created(dataset bigint NOT NULL, id bigint NOT NULL,"
    " last bigint NOT NULL, entries bytea NOT NULL, PRIMARY KEY(dataset, id));"
    "ALTER TABLE sluice.created ALTER COLUMN entries SET STORAGE EXTERNAL;"
    "CREATE TABLE sluice.announced(version bigint PRIMARY KEY, dataset bigint NOT NULL,"
    " rules text NOT NULL, hashes bytea NOT NULL);"
    "ALTER TABLE sluice.announced ALTER COLUMN hashes SET STORAGE EXTERNAL;"};

absl::Status MigrateInTransaction(database::PostgresConnection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Execute(
      fmt::format("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({}, {})",
                  kPostgresLockSpace, kPostgresSchemaLock)));
  SLUICE_ASSIGN_OR_RETURN(int64_t version, ReadPostgresSchemaVersion(connection));
  if (version > kPostgresSchemaVersion) return CheckPostgresSchema(connection, version);
  for (; version < kPostgresSchemaVersion; ++version) {
    SLUICE_RETURN_IF_ERROR(connection.Execute(kMigrations[static_cast<size_t>(version)]));
    SLUICE_RETURN_IF_ERROR(connection.Execute(
        fmt::format("UPDATE sluice.schema_version SET version = {}", version + 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> ReadPostgresSchemaVersion(database::PostgresConnection& connection) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto present,
      connection.Query("SELECT to_regclass('sluice.schema_version') IS NOT NULL"));
  if (!present.Bool(0, 0)) return 0;
  SLUICE_ASSIGN_OR_RETURN(const auto version,
                          connection.Query("SELECT version FROM sluice.schema_version"));
  if (version.size() != 1) return absl::DataLossError("sluice.schema_version has no row");
  return version.Int(0, 0);
}

absl::Status CheckPostgresSchema(database::PostgresConnection& connection, int64_t found) {
  if (found == kPostgresSchemaVersion) return absl::OkStatus();
  if (found > kPostgresSchemaVersion) {
    return absl::FailedPreconditionError(
        fmt::format("{} was written by a newer Sluice (schema {}, this one knows {}): use that one",
                    connection.name(), found, kPostgresSchemaVersion));
  }
  return absl::FailedPreconditionError(
      fmt::format("{} has schema {} of Sluice, {} is needed: start once with the role that owns "
                  "the schema (deploy/postgres/roles.sql)",
                  connection.name(), found, kPostgresSchemaVersion));
}

absl::Status MigratePostgresSchema(database::PostgresConnection& connection) {
  SLUICE_RETURN_IF_ERROR(connection.Begin());
  absl::Status status = MigrateInTransaction(connection);
  if (status.ok()) status = connection.Commit();
  if (!status.ok()) connection.Rollback();
  return status;
}

}  // namespace sluice::load

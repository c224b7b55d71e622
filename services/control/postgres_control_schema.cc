#include "control/postgres_control_schema.h"

#include <array>

namespace sluice::control {
namespace {

constexpr std::array<const char*, 4> kMigrations = {
    "CREATE SCHEMA IF NOT EXISTS sluice_control;"
    "CREATE TABLE sluice_control.schema_version(version bigint NOT NULL);"
    "INSERT INTO sluice_control.schema_version VALUES(0);"
    "CREATE TABLE sluice_control.meta(key text PRIMARY KEY, value bytea NOT NULL);"
    "CREATE TABLE sluice_control.sinks(name text PRIMARY KEY, url text NOT NULL);"
    "CREATE TABLE sluice_control.imports(id text PRIMARY KEY, sequence bigint NOT NULL UNIQUE,"
    " path text NOT NULL, plan_hash text NOT NULL, plan bytea NOT NULL, sink text NOT NULL,"
    " state bigint NOT NULL, version bigint NOT NULL, created_at text NOT NULL, ended_at text,"
    " milliseconds bigint NOT NULL, error text NOT NULL, finished bigint NOT NULL)"
    " WITH (fillfactor = 50);"
    // Every call of an ingest looks at those that run; the others are many.
    "CREATE INDEX imports_running ON sluice_control.imports(sequence) WHERE ended_at IS NULL;"
    "CREATE TABLE sluice_control.tallies(import_id text NOT NULL, round bigint NOT NULL,"
    " stage bigint NOT NULL, partition bigint NOT NULL, part bytea NOT NULL,"
    " PRIMARY KEY(import_id, round, stage, partition)) WITH (fillfactor = 50);"
    "CREATE TABLE sluice_control.results(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " import_id text NOT NULL, result bytea NOT NULL);"
    "CREATE INDEX results_by_import ON sluice_control.results(import_id, id);"
    "CREATE TABLE sluice_control.offsets(partition bigint PRIMARY KEY, next_offset bigint NOT "
    "NULL) WITH (fillfactor = 50);"
    "CREATE TABLE sluice_control.outbox(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " key text NOT NULL, value bytea NOT NULL);"
    "CREATE TABLE sluice_control.leases(name text PRIMARY KEY, holder text NOT NULL,"
    " until timestamptz NOT NULL, done boolean NOT NULL) WITH (fillfactor = 50);",
    "CREATE TABLE sluice_control.profiles(name text NOT NULL, version bigint NOT NULL,"
    " profile bytea NOT NULL, PRIMARY KEY(name, version));"
    "CREATE TABLE sluice_control.profile_versions(name text PRIMARY KEY, last bigint NOT NULL);",
    "ALTER TABLE sluice_control.imports ADD COLUMN undo bytea NOT NULL DEFAULT '';",
    // Rounds, and what a lease says of the latest.
    "ALTER TABLE sluice_control.imports ADD COLUMN rounds bytea NOT NULL DEFAULT '';"
    "ALTER TABLE sluice_control.imports ADD COLUMN round bigint NOT NULL DEFAULT 0;"
    "ALTER TABLE sluice_control.imports ADD COLUMN round_upload text NOT NULL DEFAULT '';"};

}  // namespace

const database::PostgresSchema& ControlSchema() {
  static constexpr database::PostgresSchema kSchema{"sluice_control", kMigrations,
                                                    kControlLockSpace, kControlSchemaLock};
  return kSchema;
}

}  // namespace sluice::control

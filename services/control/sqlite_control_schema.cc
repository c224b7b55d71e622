#include "control/sqlite_control_schema.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "common/base/status.h"
#include "control/round_tally.h"
#include "control/sqlite_control_transaction.h"

namespace sluice::control {
namespace {

// Upgrades in order: entry n makes version n + 1 of version n. Add, never change.
constexpr std::array<const char*, 5> kMigrations = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "INSERT INTO meta(key, value) VALUES('schema_version', 0);"
    "CREATE TABLE sinks(name TEXT PRIMARY KEY, url TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE imports(id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE,"
    " path TEXT NOT NULL, plan_hash TEXT NOT NULL, plan BLOB NOT NULL, state INTEGER NOT NULL,"
    " version INTEGER NOT NULL, created_at TEXT NOT NULL, ended_at TEXT, seconds REAL NOT NULL,"
    " error TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tallies(import_id TEXT NOT NULL, round INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, partition INTEGER NOT NULL, part BLOB NOT NULL,"
    " PRIMARY KEY(import_id, round, stage, partition)) WITHOUT ROWID;"
    "CREATE TABLE results(id INTEGER PRIMARY KEY, import_id TEXT NOT NULL,"
    " result BLOB NOT NULL);"
    "CREATE INDEX results_by_import ON results(import_id, id);"
    "CREATE TABLE offsets(partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,"
    " value BLOB NOT NULL);",
    // Leases, and what their answer says of an import without its plan and its counts.
    "ALTER TABLE imports ADD COLUMN sink TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE imports ADD COLUMN finished INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE leases(name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL,"
    " done INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE profiles(name TEXT NOT NULL, version INTEGER NOT NULL, profile BLOB NOT NULL,"
    " PRIMARY KEY(name, version)) WITHOUT ROWID;"
    "CREATE TABLE profile_versions(name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;",
    "ALTER TABLE imports ADD COLUMN undo BLOB NOT NULL DEFAULT x'';",
    // Rounds, and what a lease says of the latest.
    "ALTER TABLE imports ADD COLUMN rounds BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE imports ADD COLUMN round INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE imports ADD COLUMN round_upload TEXT NOT NULL DEFAULT '';"};

// What version 2 keeps beside the plan and the counts.
absl::Status FillSinksAndFinished(database::SqliteConnection& connection) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection.Prepare(
                     "SELECT id, sequence, path, plan_hash, plan, state, version, created_at, "
                     "ended_at, cast(seconds * 1000 AS INTEGER), error, x'', x'' FROM imports"));
  std::vector<ImportRecord> imports;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    SLUICE_ASSIGN_OR_RETURN(imports.emplace_back(), ReadImportRow(rows));
  }
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection.Prepare("UPDATE imports SET sink = ?, finished = ? WHERE id = ?"));
  for (const ImportRecord& import : imports) {
    RoundTally tally(import.plan.partitions());
    SLUICE_ASSIGN_OR_RETURN(const auto parts, ReadStoredParts(connection, import.id));
    for (const recordpb::StageResult& part : parts) tally.Restore(part);
    update.Bind(1, import.plan.sink()).Bind(2, tally.Counts().Finished()).Bind(3, import.id);
    SLUICE_RETURN_IF_ERROR(update.Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MigrateControlSchema(database::SqliteConnection& connection) {
  constexpr auto kSchemaVersion = static_cast<int64_t>(kMigrations.size());
  SLUICE_ASSIGN_OR_RETURN(
      const auto made,
      connection.QueryInt("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'"));
  int64_t version = 0;
  if (made.has_value()) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto found,
        connection.QueryInt("SELECT value FROM meta WHERE key = 'schema_version'"));
    if (!found.has_value()) return absl::DataLossError("control.db has no schema version");
    version = *found;
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(
        fmt::format("{} was written by a newer Sluice (schema {}, this one knows {})",
                    connection.path(), version, kSchemaVersion));
  }
  for (; version < kSchemaVersion; ++version) {
    SLUICE_RETURN_IF_ERROR(connection.Execute(kMigrations[static_cast<size_t>(version)]));
    if (version == 1) SLUICE_RETURN_IF_ERROR(FillSinksAndFinished(connection));
    SLUICE_RETURN_IF_ERROR(connection.Execute(
        fmt::format("UPDATE meta SET value = {} WHERE key = 'schema_version'", version + 1)));
  }
  return absl::OkStatus();
}

}  // namespace sluice::control

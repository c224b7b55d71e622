#include "load/postgres_schema.h"

#include <array>

namespace sluice::load {
namespace {

// Upgrades in order: entry n makes version n + 1 of version n. Add, never change.
constexpr std::array<const char*, 3> kMigrations = {
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
    "ALTER TABLE sluice.announced ALTER COLUMN hashes SET STORAGE EXTERNAL;",
    // Rollback: rows that an import created under another's id, how far it is, who refers to whom.
    "CREATE INDEX journal_elsewhere ON sluice.journal(dataset, import_sequence, row_id)"
    " WHERE kind = 0 AND import_sequence <> row_id >> 32;"
    "CREATE TABLE sluice.undo(import_sequence bigint NOT NULL, number bigint NOT NULL,"
    " chunk bigint NOT NULL, content bytea NOT NULL, PRIMARY KEY(import_sequence, number, chunk));"
    "CREATE TABLE sluice.reference(dataset text NOT NULL, field text NOT NULL,"
    " target text NOT NULL, PRIMARY KEY(dataset, field));",
    // Answers that are remembered.
    "CREATE TABLE sluice.decision(dataset text NOT NULL, identity bytea NOT NULL,"
    " answer smallint NOT NULL, row_id bigint NOT NULL, PRIMARY KEY(dataset, identity));"};

}  // namespace

const database::PostgresSchema& SinkSchema() {
  static constexpr database::PostgresSchema kSchema{"sluice", kMigrations, kPostgresLockSpace,
                                                    kPostgresSchemaLock};
  return kSchema;
}

}  // namespace sluice::load

#include "load/sqlite_sink.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/check.h"
#include "common/base/status.h"
#include "load/fence_check.h"

namespace sluice::load {
namespace {

// 2: walls and waiting entries in the journal, sluice_undo, sluice_reference.
constexpr int64_t kSchemaVersion = 2;

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS sluice_meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_fence(topic TEXT NOT NULL, partition INTEGER NOT NULL,"
    " log_id TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY(topic, partition))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_totals(import_id TEXT NOT NULL, round INTEGER NOT NULL,"
    " partition INTEGER NOT NULL, totals BLOB NOT NULL, PRIMARY KEY(import_id, round, partition))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_pending(id INTEGER PRIMARY KEY, topic TEXT NOT NULL,"
    " partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, result BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sluice_met(import_sequence INTEGER NOT NULL, round INTEGER NOT "
    "NULL, row_id INTEGER NOT NULL, met BLOB NOT NULL, PRIMARY KEY(import_sequence, round, "
    "row_id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_field(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS sluice_match_rule(dataset TEXT NOT NULL, rule TEXT NOT NULL,"
    " PRIMARY KEY(dataset, rule)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_touched(dataset TEXT NOT NULL, row_id INTEGER NOT NULL,"
    " PRIMARY KEY(dataset, row_id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_undo(import_sequence INTEGER NOT NULL, number INTEGER NOT "
    "NULL, chunk INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY(import_sequence, number, "
    "chunk));"
    "CREATE TABLE IF NOT EXISTS sluice_reference(dataset TEXT NOT NULL, field TEXT NOT NULL,"
    " target TEXT NOT NULL, PRIMARY KEY(dataset, field)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_decision(dataset TEXT NOT NULL, identity BLOB NOT NULL,"
    " answer INTEGER NOT NULL, row_id INTEGER NOT NULL, PRIMARY KEY(dataset, identity))"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sluice_writer(id INTEGER PRIMARY KEY, quiet INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO sluice_writer(id, quiet) VALUES(1, 0);";

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteSink>> SqliteSink::Open(const database::SqliteOptions& options,
                                                             base::Random& random) {
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(options));
  std::unique_ptr<SqliteSink> sink(new SqliteSink(std::move(connection)));
  SLUICE_RETURN_IF_ERROR(sink->connection_->Begin());
  SLUICE_RETURN_IF_ERROR(sink->CreateTables(random));
  SLUICE_RETURN_IF_ERROR(sink->connection_->Commit());
  SLUICE_RETURN_IF_ERROR(sink->LoadFieldNames());
  SLUICE_RETURN_IF_ERROR(sink->PrepareStatements());
  return sink;
}

absl::Status SqliteSink::CreateTables(base::Random& random) {
  SLUICE_RETURN_IF_ERROR(connection_->Execute(kTables));
  SLUICE_RETURN_IF_ERROR(MatchIndex::CreateTables(*connection_));
  SLUICE_ASSIGN_OR_RETURN(
      const auto version,
      connection_->QueryInt("SELECT value FROM sluice_meta WHERE key = 'schema_version'"));
  if (version.value_or(kSchemaVersion) > kSchemaVersion) {
    return absl::FailedPreconditionError(
        fmt::format("{} was written by a newer Sluice (schema {}, this one knows {}): use that one",
                    connection_->path(), *version, kSchemaVersion));
  }
  SLUICE_ASSIGN_OR_RETURN(auto insert, connection_->Prepare("INSERT OR IGNORE INTO sluice_meta"
                                                            "(key, value) VALUES(?, ?)"));
  insert.Bind(1, "schema_version").Bind(2, kSchemaVersion);
  SLUICE_RETURN_IF_ERROR(insert.Run());
  // Forward: all that a version adds is made above.
  SLUICE_ASSIGN_OR_RETURN(auto raise, connection_->Prepare("UPDATE sluice_meta SET value = ? WHERE "
                                                           "key = 'schema_version'"));
  raise.Bind(1, kSchemaVersion);
  SLUICE_RETURN_IF_ERROR(raise.Run());
  // The index's own key: it must fit the file wherever that is moved.
  base::HashKey fresh;
  random.Fill(fresh.data(), fresh.size());
  insert.Bind(1, "match_key")
      .BindBlob(2, {reinterpret_cast<const char*>(fresh.data()), fresh.size()});
  SLUICE_RETURN_IF_ERROR(insert.Run());
  SLUICE_ASSIGN_OR_RETURN(
      auto key, connection_->Prepare("SELECT value FROM sluice_meta WHERE key = 'match_key'"));
  SLUICE_RETURN_IF_ERROR(key.Step().status());
  if (key.Blob(0).size() != key_.size()) return absl::DataLossError("the match key is damaged");
  std::memcpy(key_.data(), key.Blob(0).data(), key_.size());
  return absl::OkStatus();
}

absl::Status SqliteSink::PrepareStatements() {
  SLUICE_ASSIGN_OR_RETURN(
      move_fence_,
      connection_->Prepare("INSERT INTO sluice_fence(topic, partition, log_id, next_offset) "
                           "VALUES(?1, ?2, ?3, ?5) ON CONFLICT(topic, partition) DO UPDATE SET "
                           "next_offset = ?5 WHERE log_id = ?3 AND next_offset = ?4"));
  SLUICE_ASSIGN_OR_RETURN(
      read_met_, connection_->Prepare("SELECT met FROM sluice_met WHERE import_sequence = ? AND "
                                      "round = ? AND row_id = ?"));
  SLUICE_ASSIGN_OR_RETURN(
      write_met_, connection_->Prepare("INSERT OR REPLACE INTO sluice_met(import_sequence, round, "
                                       "row_id, met) VALUES(?, ?, ?, ?)"));
  return absl::OkStatus();
}

absl::Status SqliteSink::LoadFieldNames() {
  field_numbers_.clear();
  field_names_.clear();
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection_->Prepare("SELECT id, name FROM sluice_field"));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    const auto number = static_cast<uint32_t>(rows.Int(0));
    field_numbers_.emplace(std::string(rows.Text(1)), number);
    field_names_.emplace(number, rows.Text(1));
  }
}

absl::StatusOr<uint32_t> SqliteSink::FieldNumber(std::string_view name) {
  const auto found = field_numbers_.find(std::string(name));
  if (found != field_numbers_.end()) return found->second;
  SLUICE_ASSIGN_OR_RETURN(auto insert,
                          connection_->Prepare("INSERT INTO sluice_field(id, name) VALUES(?, ?)"));
  const auto number = static_cast<uint32_t>(field_numbers_.size() + 1);
  insert.Bind(1, static_cast<int64_t>(number)).Bind(2, name);
  SLUICE_RETURN_IF_ERROR(insert.Run());
  field_numbers_.emplace(std::string(name), number);
  field_names_.emplace(number, name);
  return number;
}

absl::Status SqliteSink::Prepare(const SinkDataset& dataset) {
  auto& slot = datasets_[dataset.dataset.name()];
  // Another plan may bring fields or rules this one's dataset did not have.
  slot = std::make_unique<SqliteDataset>(*connection_, dataset, key_);
  last_ = nullptr;
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  absl::Status status = slot->Prepare();
  if (status.ok()) status = slot->EnsureRules(dataset.rules);
  if (status.ok()) status = slot->TakeInTouched();
  if (status.ok()) status = connection_->Commit();
  if (!status.ok()) {
    connection_->Rollback();
    datasets_.erase(dataset.dataset.name());
    return status;
  }
  schema_version_ = -1;
  return absl::OkStatus();
}

SqliteDataset& SqliteSink::At(const SinkDataset& dataset) {
  if (last_ != nullptr && last_->dataset().name() == dataset.dataset.name()) return *last_;
  const auto found = datasets_.find(dataset.dataset.name());
  SLUICE_CHECK(found != datasets_.end(), "a dataset was not prepared");
  last_ = found->second.get();
  return *last_;
}

absl::Status SqliteSink::SetQuiet(bool quiet) {
  return connection_->Execute(quiet ? "UPDATE sluice_writer SET quiet = 1 WHERE id = 1"
                                    : "UPDATE sluice_writer SET quiet = 0 WHERE id = 1");
}

absl::Status SqliteSink::Begin() {
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  const absl::Status status = BeginInTransaction();
  if (!status.ok()) Abort();
  return status;
}

absl::Status SqliteSink::BeginInTransaction() {
  SLUICE_RETURN_IF_ERROR(Refresh());
  SLUICE_ASSIGN_OR_RETURN(const auto version, connection_->QueryInt("PRAGMA schema_version"));
  if (*version != schema_version_) {
    foreign_triggers_ = false;
    for (const auto& [name, dataset] : datasets_) {
      SLUICE_RETURN_IF_ERROR(dataset->CheckSchema());
      foreign_triggers_ = foreign_triggers_ || dataset->has_foreign_triggers();
    }
    // Nobody else's triggers: ours need not be asked for every row.
    connection_->EnableTriggers(foreign_triggers_);
    SLUICE_ASSIGN_OR_RETURN(const auto mended, connection_->QueryInt("PRAGMA schema_version"));
    schema_version_ = *mended;
  }
  for (const auto& [name, dataset] : datasets_) SLUICE_RETURN_IF_ERROR(dataset->TakeInTouched());
  return SetQuiet(!foreign_triggers_);
}

absl::Status SqliteSink::Commit() {
  absl::Status status;
  for (const auto& [name, dataset] : datasets_) {
    if (status.ok()) status = dataset->Flush();
  }
  if (status.ok()) status = SetQuiet(false);
  if (status.ok()) status = connection_->Commit();
  if (!status.ok()) Abort();
  return status;
}

void SqliteSink::Abort() {
  connection_->Rollback();
  schema_version_ = -1;
  // What the transaction had put into memory is void. If it cannot be read now, Begin tries again.
  stale_ = true;
  Refresh().IgnoreError();
}

absl::Status SqliteSink::Refresh() {
  if (!stale_) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(LoadFieldNames());
  for (const auto& [name, dataset] : datasets_) SLUICE_RETURN_IF_ERROR(dataset->Reload());
  stale_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Fence>> SqliteSink::ReadFences(std::string_view topic) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare("SELECT partition, log_id, next_offset FROM sluice_fence "
                                      "WHERE topic = ? ORDER BY partition"));
  rows.Bind(1, topic);
  std::vector<Fence> fences;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return fences;
    fences.push_back({std::string(topic), static_cast<uint32_t>(rows.Int(0)),
                      std::string(rows.Text(1)), static_cast<uint64_t>(rows.Int(2))});
  }
}

absl::StatusOr<std::string> SqliteSink::OtherLog(std::string_view log_id) {
  SLUICE_ASSIGN_OR_RETURN(
      auto others,
      connection_->Prepare("SELECT log_id FROM sluice_fence WHERE log_id <> ? LIMIT 1"));
  others.Bind(1, log_id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, others.Step());
  return found ? std::string(others.Text(0)) : std::string();
}

absl::Status SqliteSink::MoveFence(const Fence& from, uint64_t to) {
  move_fence_.Bind(1, from.topic).Bind(2, static_cast<int64_t>(from.partition));
  move_fence_.Bind(3, from.log_id).Bind(4, static_cast<int64_t>(from.next_offset));
  move_fence_.Bind(5, static_cast<int64_t>(to));
  SLUICE_RETURN_IF_ERROR(move_fence_.Run());
  if (connection_->changes() == 1) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto fences, ReadFences(from.topic));
  return FenceIsElsewhere(*this, from, fences);
}

absl::StatusOr<std::string> SqliteSink::ReadTotals(std::string_view import_id, uint32_t round,
                                                   uint32_t partition) {
  SLUICE_ASSIGN_OR_RETURN(
      auto select, connection_->Prepare("SELECT totals FROM sluice_totals WHERE import_id = ? AND "
                                        "round = ? AND partition = ?"));
  select.Bind(1, import_id).Bind(2, static_cast<int64_t>(round));
  select.Bind(3, static_cast<int64_t>(partition));
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  return found ? std::string(select.Blob(0)) : std::string();
}

absl::Status SqliteSink::WriteTotals(std::string_view import_id, uint32_t round, uint32_t partition,
                                     std::string_view bytes) {
  SLUICE_ASSIGN_OR_RETURN(
      auto write, connection_->Prepare("INSERT OR REPLACE INTO sluice_totals(import_id, round, "
                                       "partition, totals) VALUES(?, ?, ?, ?)"));
  write.Bind(1, import_id).Bind(2, static_cast<int64_t>(round));
  write.Bind(3, static_cast<int64_t>(partition)).BindBlob(4, bytes);
  return write.Run();
}

absl::Status SqliteSink::AddPending(const PendingResult& result) {
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_->Prepare("INSERT INTO sluice_pending(topic, partition, next_offset,"
                                        " result) VALUES(?, ?, ?, ?)"));
  insert.Bind(1, result.topic).Bind(2, static_cast<int64_t>(result.partition));
  insert.Bind(3, static_cast<int64_t>(result.next_offset)).BindBlob(4, result.bytes);
  return insert.Run();
}

absl::StatusOr<std::vector<PendingResult>> SqliteSink::ReadPending() {
  SLUICE_ASSIGN_OR_RETURN(auto rows,
                          connection_->Prepare("SELECT topic, partition, next_offset, result FROM "
                                               "sluice_pending ORDER BY id"));
  std::vector<PendingResult> results;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return results;
    results.push_back({std::string(rows.Text(0)), static_cast<uint32_t>(rows.Int(1)),
                       static_cast<uint64_t>(rows.Int(2)), std::string(rows.Blob(3))});
  }
}

absl::Status SqliteSink::DropPending(std::string_view topic, uint32_t partition,
                                     uint64_t next_offset) {
  SLUICE_ASSIGN_OR_RETURN(
      auto drop, connection_->Prepare("DELETE FROM sluice_pending WHERE topic = ? AND partition = "
                                      "? AND next_offset <= ?"));
  drop.Bind(1, topic).Bind(2, static_cast<int64_t>(partition));
  drop.Bind(3, static_cast<int64_t>(next_offset));
  return drop.Run();
}

}  // namespace sluice::load

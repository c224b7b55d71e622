#include "control/sqlite_control_store.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/status.h"

namespace sluice::control {
namespace {

constexpr int64_t kSchemaVersion = 1;

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sinks(name TEXT PRIMARY KEY, url TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS imports(id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE,"
    " path TEXT NOT NULL, plan_hash TEXT NOT NULL, plan BLOB NOT NULL, state INTEGER NOT NULL,"
    " version INTEGER NOT NULL, created_at TEXT NOT NULL, ended_at TEXT, seconds REAL NOT NULL,"
    " error TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tallies(import_id TEXT NOT NULL, round INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, partition INTEGER NOT NULL, part BLOB NOT NULL,"
    " PRIMARY KEY(import_id, round, stage, partition)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS results(id INTEGER PRIMARY KEY, import_id TEXT NOT NULL,"
    " result BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS results_by_import ON results(import_id, id);"
    "CREATE TABLE IF NOT EXISTS offsets(partition INTEGER PRIMARY KEY, next_offset INTEGER NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL,"
    " value BLOB NOT NULL);";

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteControlStore>> SqliteControlStore::Open(
    const database::SqliteOptions& options, const base::Clock& clock, base::Random& random) {
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(options));
  std::unique_ptr<SqliteControlStore> store(new SqliteControlStore(std::move(connection), clock));
  base::MutexLock lock(&store->mutex_);
  if (options.read_only) {
    // Whoever made the file may have been stopped before it made the tables.
    SLUICE_ASSIGN_OR_RETURN(
        const auto made,
        store->connection_->QueryInt("SELECT 1 FROM sqlite_master WHERE name = 'imports'"));
    if (!made.has_value()) return absl::NotFoundError("nothing was imported yet");
    return store;
  }
  SLUICE_RETURN_IF_ERROR(store->connection_->Begin());
  SLUICE_RETURN_IF_ERROR(store->CreateTables(random));
  SLUICE_RETURN_IF_ERROR(store->connection_->Commit());
  return store;
}

absl::Status SqliteControlStore::CreateTables(base::Random& random) {
  SLUICE_RETURN_IF_ERROR(connection_->Execute(kTables));
  SLUICE_ASSIGN_OR_RETURN(
      const auto version,
      connection_->QueryInt("SELECT value FROM meta WHERE key = 'schema_version'"));
  if (version.value_or(kSchemaVersion) > kSchemaVersion) {
    return absl::FailedPreconditionError(
        fmt::format("{} was written by a newer Sluice (schema {}, this one knows {})",
                    connection_->path(), *version, kSchemaVersion));
  }
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_->Prepare("INSERT OR IGNORE INTO meta(key, value) VALUES(?, ?)"));
  insert.Bind(1, "schema_version").Bind(2, kSchemaVersion);
  SLUICE_RETURN_IF_ERROR(insert.Run());
  base::HashKey key;
  random.Fill(key.data(), key.size());
  insert.Bind(1, "hash_key").BindBlob(2, {reinterpret_cast<const char*>(key.data()), key.size()});
  return insert.Run();
}

absl::StatusOr<Installation> SqliteControlStore::GetInstallation() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto rows,
      connection_->Prepare("SELECT key, value FROM meta WHERE key IN ('hash_key', 'log_id')"));
  Installation installation;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return installation;
    if (rows.Text(0) == "log_id") {
      installation.log_id = std::string(rows.Text(1));
    } else if (rows.Blob(1).size() == installation.hash_key.size()) {
      std::memcpy(installation.hash_key.data(), rows.Blob(1).data(), installation.hash_key.size());
    } else {
      return absl::DataLossError("the installation's key is damaged");
    }
  }
}

absl::Status SqliteControlStore::BindLog(std::string_view log_id) {
  SLUICE_ASSIGN_OR_RETURN(const Installation installation, GetInstallation());
  if (installation.log_id == log_id) return absl::OkStatus();
  if (!installation.log_id.empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "the control database belongs to log {}, not to {}: restore both from one backup",
        installation.log_id, log_id));
  }
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto insert,
                          connection_->Prepare("INSERT INTO meta(key, value) VALUES('log_id', ?)"));
  insert.Bind(1, log_id);
  return insert.Run();
}

absl::Status SqliteControlStore::AddSink(const SinkRecord& sink) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_->Prepare("INSERT OR IGNORE INTO sinks(name, url) VALUES(?, ?)"));
  insert.Bind(1, sink.name).Bind(2, sink.url);
  return insert.Run();
}

absl::StatusOr<std::vector<SinkRecord>> SqliteControlStore::ListSinks() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection_->Prepare("SELECT name, url FROM sinks"));
  std::vector<SinkRecord> sinks;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return sinks;
    sinks.push_back({std::string(rows.Text(0)), std::string(rows.Text(1))});
  }
}

absl::StatusOr<ImportRecord> SqliteControlStore::CreateImport(const std::string& id,
                                                              const std::string& path,
                                                              const std::string& plan_hash,
                                                              const planpb::Plan& plan) {
  {
    base::MutexLock lock(&mutex_);
    SLUICE_RETURN_IF_ERROR(connection_->Begin());
    const absl::Status created = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
      SLUICE_ASSIGN_OR_RETURN(const auto last,
                              connection_->QueryInt("SELECT max(sequence) FROM imports"));
      const int64_t sequence = last.value_or(0) + 1;
      controlpb::ImportEvent event;
      event.set_import_id(id);
      *event.mutable_plan() = plan;
      event.mutable_plan()->set_import_id(id);
      event.mutable_plan()->set_revision(1);
      event.mutable_plan()->set_sequence(static_cast<uint64_t>(sequence));
      SLUICE_ASSIGN_OR_RETURN(
          auto insert,
          connection_->Prepare("INSERT INTO imports(id, sequence, path, plan_hash, plan, state, "
                               "version, created_at, seconds, error) VALUES(?, ?, ?, ?, ?, ?, 1, "
                               "?, 0, '')"));
      const std::string bytes = event.plan().SerializeAsString();
      const std::string now = base::FormatTime(clock_.Now());
      insert.Bind(1, id).Bind(2, sequence).Bind(3, path).Bind(4, plan_hash).BindBlob(5, bytes);
      insert.Bind(6, controlpb::IMPORT_STATE_RUNNING).Bind(7, now);
      SLUICE_RETURN_IF_ERROR(insert.Run());
      SLUICE_RETURN_IF_ERROR(PutOutbox(fmt::format("plan/{}/1", id), event));
      return PutStatus(id, controlpb::IMPORT_STATE_RUNNING, 1);
    }();
    if (!created.ok()) {
      connection_->Rollback();
      return created;
    }
    SLUICE_RETURN_IF_ERROR(connection_->Commit());
  }
  return GetImport(id);
}

absl::Status SqliteControlStore::PutStatus(const std::string& id, controlpb::ImportState state,
                                           uint64_t version) {
  controlpb::ImportEvent event;
  event.set_import_id(id);
  event.mutable_status()->set_state(state);
  event.mutable_status()->set_version(version);
  return PutOutbox("state/" + id, event);
}

absl::Status SqliteControlStore::PutOutbox(std::string_view key,
                                           const controlpb::ImportEvent& event) {
  SLUICE_ASSIGN_OR_RETURN(auto insert,
                          connection_->Prepare("INSERT INTO outbox(key, value) VALUES(?, ?)"));
  const std::string bytes = event.SerializeAsString();
  insert.Bind(1, key).BindBlob(2, bytes);
  return insert.Run();
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlStore::Select(std::string_view where,
                                                                     std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare(fmt::format(
                     "SELECT id, sequence, path, plan_hash, plan, state, version, created_at, "
                     "ended_at, cast(seconds * 1000 AS INTEGER), error FROM imports {} ORDER BY "
                     "sequence DESC",
                     where)));
  if (!where.empty()) rows.Bind(1, value);
  std::vector<ImportRecord> imports;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    ImportRecord& import = imports.emplace_back();
    import.id = std::string(rows.Text(0));
    import.sequence = static_cast<uint64_t>(rows.Int(1));
    import.path = std::string(rows.Text(2));
    import.plan_hash = std::string(rows.Text(3));
    const std::string_view plan = rows.Blob(4);
    if (!import.plan.ParseFromArray(plan.data(), static_cast<int>(plan.size()))) {
      return absl::DataLossError("a stored plan is damaged");
    }
    import.state = static_cast<controlpb::ImportState>(rows.Int(5));
    import.version = static_cast<uint64_t>(rows.Int(6));
    import.created_at = std::string(rows.Text(7));
    if (!rows.IsNull(8)) import.ended_at = std::string(rows.Text(8));
    import.seconds = static_cast<double>(rows.Int(9)) / 1000;
    import.error = std::string(rows.Text(10));
  }
  for (ImportRecord& import : imports) {
    Running running(import.plan.partitions());
    SLUICE_RETURN_IF_ERROR(LoadTally(import.id, running));
    import.counts = running.tally.Counts();
  }
  return imports;
}

absl::StatusOr<ImportRecord> SqliteControlStore::GetImport(std::string_view id) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto found, Select("WHERE id = ?", id));
  if (found.empty()) {
    return absl::NotFoundError(
        fmt::format("there is no import {}; `sluice imports list` shows them", id));
  }
  return std::move(found[0]);
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlStore::ListImports() {
  base::MutexLock lock(&mutex_);
  return Select("", "");
}

absl::StatusOr<std::string> SqliteControlStore::ResolveId(std::string_view given) {
  base::MutexLock lock(&mutex_);
  const bool last = given == "last";
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare(last ? "SELECT id FROM imports ORDER BY sequence DESC LIMIT 1"
                                           : "SELECT id FROM imports WHERE substr(id, 1, ?2) = ?1 "
                                             "ORDER BY sequence DESC LIMIT 2"));
  if (!last) rows.Bind(1, given).Bind(2, static_cast<int64_t>(given.size()));
  std::vector<std::string> ids;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    ids.emplace_back(rows.Text(0));
  }
  if (ids.size() == 1) return ids[0];
  if (ids.empty()) {
    return absl::NotFoundError(
        fmt::format("there is no import '{}'; `sluice imports list` shows them", given));
  }
  return absl::InvalidArgumentError(
      fmt::format("several imports begin with '{}'; give more characters", given));
}

absl::StatusOr<ImportRecord> SqliteControlStore::ChangeState(const std::string& id, Wish wish) {
  base::MutexLock lock(&mutex_);
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  auto changed = ChangeInTransaction(id, wish);
  absl::Status status = changed.status();
  if (status.ok()) status = connection_->Commit();
  if (status.ok()) return changed;
  connection_->Rollback();
  return status;
}

absl::StatusOr<ImportRecord> SqliteControlStore::ChangeInTransaction(const std::string& id,
                                                                     Wish wish) {
  SLUICE_ASSIGN_OR_RETURN(auto found, Select("WHERE id = ?", id));
  if (found.empty()) return absl::NotFoundError(fmt::format("there is no import {}", id));
  ImportRecord& import = found[0];
  SLUICE_ASSIGN_OR_RETURN(const controlpb::ImportState state, StateAfter(import.state, wish));
  if (state == import.state) return std::move(import);
  import.state = state;
  ++import.version;
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_->Prepare("UPDATE imports SET state = ?, version = ? WHERE id = ?"));
  update.Bind(1, state).Bind(2, static_cast<int64_t>(import.version)).Bind(3, id);
  SLUICE_RETURN_IF_ERROR(update.Run());
  SLUICE_RETURN_IF_ERROR(PutStatus(id, state, import.version));
  return std::move(import);
}

absl::Status SqliteControlStore::AddSeconds(std::string_view id, double seconds) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto update,
      connection_->Prepare("UPDATE imports SET seconds = seconds + ? / 1000.0 WHERE id = ?"));
  update.Bind(1, static_cast<int64_t>(seconds * 1000)).Bind(2, id);
  return update.Run();
}

absl::StatusOr<std::vector<OutboxMessage>> SqliteControlStore::ReadOutbox() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare("SELECT id, key, value FROM outbox ORDER BY id LIMIT 1000"));
  std::vector<OutboxMessage> messages;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return messages;
    messages.push_back({rows.Int(0), std::string(rows.Text(1)), std::string(rows.Blob(2))});
  }
}

absl::Status SqliteControlStore::DropOutbox(int64_t up_to_id) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto drop, connection_->Prepare("DELETE FROM outbox WHERE id <= ?"));
  drop.Bind(1, up_to_id);
  return drop.Run();
}

}  // namespace sluice::control

#include "control/sqlite_control_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/base/status.h"
#include "control/import_creation.h"
#include "control/import_lifecycle.h"
#include "control/import_round.h"
#include "control/result_application.h"
#include "control/round_tally.h"
#include "control/sqlite_control_schema.h"
#include "control/sqlite_control_transaction.h"

namespace sluice::control {

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
    SLUICE_ASSIGN_OR_RETURN(store->import_columns_, SqliteImportColumns(*store->connection_));
    return store;
  }
  SLUICE_RETURN_IF_ERROR(store->connection_->Begin());
  SLUICE_RETURN_IF_ERROR(store->OpenSchema(random));
  SLUICE_RETURN_IF_ERROR(store->connection_->Commit());
  return store;
}

absl::Status SqliteControlStore::OpenSchema(base::Random& random) {
  SLUICE_RETURN_IF_ERROR(MigrateControlSchema(*connection_));
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_->Prepare("INSERT OR IGNORE INTO meta(key, value) VALUES(?, ?)"));
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
  {
    base::MutexLock lock(&mutex_);
    SLUICE_ASSIGN_OR_RETURN(
        auto insert,
        connection_->Prepare("INSERT OR IGNORE INTO meta(key, value) VALUES('log_id', ?)"));
    insert.Bind(1, log_id);
    SLUICE_RETURN_IF_ERROR(insert.Run());
  }
  SLUICE_ASSIGN_OR_RETURN(const Installation installation, GetInstallation());
  return CheckBinding(installation, log_id);
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
  SLUICE_ASSIGN_OR_RETURN(auto rows,
                          connection_->Prepare("SELECT name, url FROM sinks ORDER BY name"));
  std::vector<SinkRecord> sinks;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return sinks;
    sinks.push_back({std::string(rows.Text(0)), std::string(rows.Text(1))});
  }
}

absl::StatusOr<CreatedImport> SqliteControlStore::CreateImport(const NewImport& wanted,
                                                               const Admission& admit) {
  base::MutexLock lock(&mutex_);
  CreatedImport created;
  const absl::Status done =
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
        const std::string now = base::FormatTime(clock_.Now());
        SqliteControlTransaction transaction(*connection_, now);
        SLUICE_ASSIGN_OR_RETURN(created, control::CreateImport(transaction, wanted, admit, now));
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  if (!created.resumed) return created;
  SLUICE_ASSIGN_OR_RETURN(auto found, Select("WHERE id = ?", created.import.id));
  if (!found.empty()) created.import = std::move(found[0]);
  return created;
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlStore::Select(std::string_view where,
                                                                     std::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare(fmt::format("SELECT {} FROM imports {} ORDER BY sequence "
                                                  "DESC",
                                                  import_columns_, where)));
  if (!where.empty()) rows.Bind(1, value);
  return ReadAll(rows);
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlStore::ReadAll(
    database::SqliteStatement& rows) {
  std::vector<ImportRecord> imports;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    SLUICE_ASSIGN_OR_RETURN(imports.emplace_back(), ReadImportRow(rows));
  }
  for (ImportRecord& import : imports) {
    RoundTally tally(import.plan.partitions());
    SLUICE_ASSIGN_OR_RETURN(const auto parts, ReadStoredParts(*connection_, import.id));
    for (const recordpb::StageResult& part : parts) tally.Restore(part);
    import.counts = tally.Counts();
    import.finished = tally.Finished(import.round());
  }
  return imports;
}

absl::StatusOr<ImportRecord> SqliteControlStore::GetImport(std::string_view id) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto found, Select("WHERE id = ?", id));
  if (found.empty()) return NoSuchImport(id);
  return std::move(found[0]);
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlStore::ReadImports(
    const ImportQuery& query) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare(fmt::format("SELECT {} FROM imports WHERE (?1 = 0 OR "
                                                  "sequence < ?1) {} ORDER BY sequence DESC LIMIT "
                                                  "?2",
                                                  import_columns_,
                                                  query.running ? "AND ended_at IS NULL" : "")));
  rows.Bind(1, static_cast<int64_t>(query.before)).Bind(2, query.limit > 0 ? query.limit : -1);
  return ReadAll(rows);
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
  return OnlyId(ids, given);
}

absl::StatusOr<ImportRecord> SqliteControlStore::ChangeState(const std::string& id, Wish wish) {
  {
    base::MutexLock lock(&mutex_);
    const absl::Status done =
        InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
          SqliteControlTransaction transaction(*connection_, base::FormatTime(clock_.Now()));
          return control::ChangeState(transaction, id, wish).status();
        });
    if (!done.ok()) return done;
  }
  return GetImport(id);
}

absl::StatusOr<ImportRecord> SqliteControlStore::BeginRound(const std::string& id, uint32_t number,
                                                            const controlpb::ImportRound& round) {
  {
    base::MutexLock lock(&mutex_);
    const absl::Status done =
        InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
          SqliteControlTransaction transaction(*connection_, base::FormatTime(clock_.Now()));
          return control::BeginRound(transaction, id, number, round);
        });
    if (!done.ok()) return done;
  }
  return GetImport(id);
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

absl::Status SqliteControlStore::DropOutbox(const std::vector<OutboxMessage>& published) {
  base::MutexLock lock(&mutex_);
  return InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(auto drop, connection_->Prepare("DELETE FROM outbox WHERE id = ?"));
    for (const OutboxMessage& message : published) {
      drop.Bind(1, message.id);
      SLUICE_RETURN_IF_ERROR(drop.Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<uint64_t> SqliteControlStore::ResultsOffset(uint32_t partition) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(const auto offset,
                          connection_->QueryInt(fmt::format(
                              "SELECT next_offset FROM offsets WHERE partition = {}", partition)));
  return static_cast<uint64_t>(offset.value_or(0));
}

absl::StatusOr<AppliedResults> SqliteControlStore::ApplyResults(
    const std::vector<PartitionResults>& batches) {
  base::MutexLock lock(&mutex_);
  AppliedResults applied;
  const absl::Status done =
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
        SqliteControlTransaction transaction(*connection_, base::FormatTime(clock_.Now()));
        SLUICE_ASSIGN_OR_RETURN(applied, control::ApplyResults(transaction, batches));
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  return applied;
}

absl::StatusOr<std::vector<StoredResult>> SqliteControlStore::ReadResults(std::string_view id,
                                                                          int64_t after,
                                                                          int64_t limit) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto rows,
                          connection_->Prepare("SELECT id, result FROM results WHERE import_id = ? "
                                               "AND id > ? ORDER BY id LIMIT ?"));
  rows.Bind(1, id).Bind(2, after).Bind(3, limit);
  std::vector<StoredResult> results;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return results;
    StoredResult& stored = results.emplace_back();
    stored.number = rows.Int(0);
    const std::string_view bytes = rows.Blob(1);
    if (!stored.result.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored result is damaged");
    }
  }
}

}  // namespace sluice::control

#include "control/postgres_control_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/base/status.h"
#include "control/import_creation.h"
#include "control/import_lifecycle.h"
#include "control/import_round.h"
#include "control/lease_table.h"
#include "control/postgres_control_schema.h"
#include "control/postgres_control_transaction.h"
#include "control/result_application.h"
#include "control/round_tally.h"

namespace sluice::control {

using database::PostgresArray;
using database::PostgresConnection;
using database::PostgresParameters;
using database::PostgresRows;

PostgresControlStore::PostgresControlStore(PostgresControlOptions options, const base::Clock& clock,
                                           base::Random& random)
    : options_(std::move(options)), clock_(clock), random_(random) {}

PostgresControlStore::~PostgresControlStore() = default;

absl::Status PostgresControlStore::Ready() {
  if (connection_ == nullptr) {
    SLUICE_ASSIGN_OR_RETURN(connection_, PostgresConnection::Open(options_.connection));
  } else if (!connection_->alive()) {
    SLUICE_RETURN_IF_ERROR(connection_->Reconnect());
    // A restored database may be another one.
    schema_open_ = false;
  }
  if (schema_open_) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(OpenSchema());
  schema_open_ = true;
  return absl::OkStatus();
}

absl::Status PostgresControlStore::OpenSchema() {
  const database::PostgresSchema& schema = ControlSchema();
  SLUICE_ASSIGN_OR_RETURN(int64_t version, ReadSchemaVersion(*connection_, schema));
  if (version < schema.version()) {
    database::PostgresOptions options = options_.connection;
    if (!options_.owner.empty()) options.connection = options_.owner;
    SLUICE_ASSIGN_OR_RETURN(const auto owner, PostgresConnection::Open(options));
    SLUICE_RETURN_IF_ERROR(MigrateSchema(*owner, schema));
    SLUICE_ASSIGN_OR_RETURN(version, ReadSchemaVersion(*connection_, schema));
  }
  SLUICE_RETURN_IF_ERROR(CheckSchemaVersion(*connection_, schema, version));
  base::HashKey key;
  random_.Fill(key.data(), key.size());
  return connection_
      ->Query(
          "INSERT INTO sluice_control.meta(key, value) VALUES('hash_key', $1) ON CONFLICT DO "
          "NOTHING",
          PostgresParameters().Blob({reinterpret_cast<const char*>(key.data()), key.size()}))
      .status();
}

absl::StatusOr<PostgresRows> PostgresControlStore::Ask(std::string_view sql,
                                                       const PostgresParameters& parameters) {
  SLUICE_RETURN_IF_ERROR(Ready());
  auto rows = connection_->Query(sql, parameters);
  if (rows.ok() || connection_->alive()) return rows;
  SLUICE_RETURN_IF_ERROR(Ready());
  return connection_->Query(sql, parameters);
}

absl::StatusOr<Installation> PostgresControlStore::GetInstallation() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      Ask("SELECT key, value FROM sluice_control.meta WHERE key IN ('hash_key', 'log_id')", {}));
  Installation installation;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view value = rows.Text(row, 1);
    if (rows.Text(row, 0) == "log_id") {
      installation.log_id = std::string(value);
    } else if (value.size() == installation.hash_key.size()) {
      std::memcpy(installation.hash_key.data(), value.data(), value.size());
    } else {
      return absl::DataLossError("the installation's key is damaged");
    }
  }
  return installation;
}

absl::Status PostgresControlStore::BindLog(std::string_view log_id) {
  {
    base::MutexLock lock(&mutex_);
    SLUICE_RETURN_IF_ERROR(Ask("INSERT INTO sluice_control.meta(key, value) VALUES('log_id', $1) "
                               "ON CONFLICT DO NOTHING",
                               PostgresParameters().Blob(log_id))
                               .status());
  }
  SLUICE_ASSIGN_OR_RETURN(const Installation installation, GetInstallation());
  return CheckBinding(installation, log_id);
}

absl::Status PostgresControlStore::AddSink(const SinkRecord& sink) {
  base::MutexLock lock(&mutex_);
  return Ask("INSERT INTO sluice_control.sinks(name, url) VALUES($1, $2) ON CONFLICT DO NOTHING",
             PostgresParameters().Text(sink.name).Text(sink.url))
      .status();
}

absl::StatusOr<std::vector<SinkRecord>> PostgresControlStore::ListSinks() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(const auto rows,
                          Ask("SELECT name, url FROM sluice_control.sinks ORDER BY name", {}));
  std::vector<SinkRecord> sinks;
  for (int row = 0; row < rows.size(); ++row) {
    sinks.push_back({std::string(rows.Text(row, 0)), std::string(rows.Text(row, 1))});
  }
  return sinks;
}

absl::StatusOr<CreatedImport> PostgresControlStore::CreateImport(const NewImport& wanted,
                                                                 const Admission& admit) {
  CreatedImport created;
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(created,
                            control::CreateImport(transaction, wanted, admit, transaction.now()));
    return absl::OkStatus();
  }));
  if (!created.resumed) return created;
  SLUICE_ASSIGN_OR_RETURN(created.import, GetImport(created.import.id));
  return created;
}

absl::StatusOr<std::vector<ImportRecord>> PostgresControlStore::Select(std::string_view where,
                                                                       std::string_view value) {
  PostgresParameters parameters;
  if (!where.empty()) parameters.Text(value);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows, Ask(fmt::format("SELECT {} FROM sluice_control.imports {} ORDER BY sequence "
                                       "DESC",
                                       kPostgresImportColumns, where),
                           parameters));
  return ReadAll(rows);
}

absl::StatusOr<std::vector<ImportRecord>> PostgresControlStore::ReadAll(
    const database::PostgresRows& rows) {
  std::vector<ImportRecord> imports;
  for (int row = 0; row < rows.size(); ++row) {
    SLUICE_ASSIGN_OR_RETURN(ImportRecord import, ReadImportRow(rows, row));
    RoundTally tally(import.plan.partitions());
    SLUICE_ASSIGN_OR_RETURN(const auto parts, ReadStoredParts(*connection_, import.id));
    for (const recordpb::StageResult& part : parts) tally.Restore(part);
    import.counts = tally.Counts();
    import.finished = tally.Finished(import.round());
    imports.push_back(std::move(import));
  }
  return imports;
}

absl::StatusOr<ImportRecord> PostgresControlStore::GetImport(std::string_view id) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto found, Select("WHERE id = $1", id));
  if (found.empty()) return NoSuchImport(id);
  return std::move(found[0]);
}

absl::StatusOr<std::vector<ImportRecord>> PostgresControlStore::ReadImports(
    const ImportQuery& query) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      Ask(fmt::format("SELECT {} FROM sluice_control.imports WHERE ($1 = 0 OR sequence < $1) {} "
                      "ORDER BY sequence DESC LIMIT $2",
                      kPostgresImportColumns, query.running ? "AND ended_at IS NULL" : ""),
          PostgresParameters()
              .Int(static_cast<int64_t>(query.before))
              .Int(query.limit > 0 ? query.limit : INT64_MAX)));
  return ReadAll(rows);
}

absl::StatusOr<std::string> PostgresControlStore::ResolveId(std::string_view given) {
  base::MutexLock lock(&mutex_);
  const bool last = given == "last";
  PostgresParameters parameters;
  if (!last) parameters.Text(given);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      Ask(last ? "SELECT id FROM sluice_control.imports ORDER BY sequence DESC LIMIT 1"
               : "SELECT id FROM sluice_control.imports WHERE starts_with(id, $1) LIMIT 2",
          parameters));
  std::vector<std::string> ids;
  for (int row = 0; row < rows.size(); ++row) ids.emplace_back(rows.Text(row, 0));
  return OnlyId(ids, given);
}

absl::Status PostgresControlStore::Change(const TransactionBody& body) {
  base::MutexLock lock(&mutex_);
  return InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
    PostgresControlTransaction transaction(*connection_, base::FormatTime(clock_.Now()));
    return body(transaction);
  });
}

absl::StatusOr<ImportRecord> PostgresControlStore::ChangeState(const std::string& id, Wish wish) {
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) {
    return control::ChangeState(transaction, id, wish).status();
  }));
  return GetImport(id);
}

absl::StatusOr<ImportRecord> PostgresControlStore::BeginRound(const std::string& id,
                                                              uint32_t number,
                                                              const controlpb::ImportRound& round) {
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) {
    return control::BeginRound(transaction, id, number, round);
  }));
  return GetImport(id);
}

absl::Status PostgresControlStore::AddSeconds(std::string_view id, double seconds) {
  base::MutexLock lock(&mutex_);
  SLUICE_RETURN_IF_ERROR(Ready());
  return connection_
      ->Query("UPDATE sluice_control.imports SET milliseconds = milliseconds + $2 WHERE id = $1",
              PostgresParameters().Text(id).Int(static_cast<int64_t>(seconds * 1000)))
      .status();
}

absl::StatusOr<uint64_t> PostgresControlStore::ResultsOffset(uint32_t partition) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(const auto rows,
                          Ask("SELECT next_offset FROM sluice_control.offsets WHERE partition = $1",
                              PostgresParameters().Int(partition)));
  return rows.size() == 0 ? 0 : static_cast<uint64_t>(rows.Int(0, 0));
}

absl::StatusOr<AppliedResults> PostgresControlStore::ApplyResults(
    const std::vector<PartitionResults>& batches) {
  AppliedResults applied;
  SLUICE_RETURN_IF_ERROR(Change([&](ControlTransaction& transaction) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(applied, control::ApplyResults(transaction, batches));
    return absl::OkStatus();
  }));
  return applied;
}

absl::StatusOr<std::vector<OutboxMessage>> PostgresControlStore::ReadOutbox() {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      Ask("SELECT id, key, value FROM sluice_control.outbox ORDER BY id LIMIT 1000", {}));
  std::vector<OutboxMessage> messages;
  for (int row = 0; row < rows.size(); ++row) {
    messages.push_back(
        {rows.Int(row, 0), std::string(rows.Text(row, 1)), std::string(rows.Text(row, 2))});
  }
  return messages;
}

absl::Status PostgresControlStore::DropOutbox(const std::vector<OutboxMessage>& published) {
  base::MutexLock lock(&mutex_);
  PostgresArray ids = PostgresArray::OfInts();
  for (const OutboxMessage& message : published) ids.Add(message.id);
  return Ask("DELETE FROM sluice_control.outbox WHERE id = ANY($1)",
             PostgresParameters().Array(std::move(ids)))
      .status();
}

absl::StatusOr<std::vector<StoredResult>> PostgresControlStore::ReadResults(std::string_view id,
                                                                            int64_t after,
                                                                            int64_t limit) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows, Ask("SELECT id, result FROM sluice_control.results WHERE import_id = $1 AND "
                           "id > $2 ORDER BY id LIMIT $3",
                           PostgresParameters().Text(id).Int(after).Int(limit)));
  std::vector<StoredResult> results;
  for (int row = 0; row < rows.size(); ++row) {
    StoredResult& stored = results.emplace_back();
    stored.number = rows.Int(row, 0);
    const std::string_view bytes = rows.Text(row, 1);
    if (!stored.result.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored result is damaged");
    }
  }
  return results;
}

}  // namespace sluice::control

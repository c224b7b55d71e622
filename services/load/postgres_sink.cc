#include "load/postgres_sink.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/check.h"
#include "common/base/status.h"
#include "load/fence_check.h"
#include "load/postgres_schema.h"

namespace sluice::load {

using database::PostgresConnection;
using database::PostgresParameters;

absl::StatusOr<std::unique_ptr<PostgresSink>> PostgresSink::Open(
    const PostgresSinkOptions& options) {
  PostgresSinkOptions used = options;
  // Sets are small against tables, and a table may never have been analysed: always by index.
  for (const char* setting :
       {"enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off",
        "enable_bitmapscan = off", "enable_material = off", "enable_memoize = off", "jit = off",
        "plan_cache_mode = force_generic_plan"}) {
    used.connection.settings.emplace_back(setting);
  }
  std::unique_ptr<PostgresSink> sink(new PostgresSink(std::move(used)));
  SLUICE_ASSIGN_OR_RETURN(sink->connection_, PostgresConnection::Open(sink->options_.connection));
  SLUICE_RETURN_IF_ERROR(sink->OpenSchema());
  SLUICE_RETURN_IF_ERROR(sink->LoadFieldNames());
  return sink;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresSink::OpenOwner() {
  database::PostgresOptions owner = options_.connection;
  if (!options_.owner.empty()) owner.connection = options_.owner;
  owner.settings.clear();
  return PostgresConnection::Open(owner);
}

absl::Status PostgresSink::OpenSchema() {
  const database::PostgresSchema& schema = SinkSchema();
  SLUICE_ASSIGN_OR_RETURN(int64_t version, ReadSchemaVersion(*connection_, schema));
  if (version == 0 && options_.given > 0) return SinkIsLost(name(), options_.given);
  if (version < schema.version() && options_.may_create) {
    SLUICE_ASSIGN_OR_RETURN(const auto owner, OpenOwner());
    SLUICE_RETURN_IF_ERROR(MigrateSchema(*owner, schema));
    SLUICE_ASSIGN_OR_RETURN(version, ReadSchemaVersion(*connection_, schema));
  }
  SLUICE_RETURN_IF_ERROR(CheckSchemaVersion(*connection_, schema, version));
  SLUICE_ASSIGN_OR_RETURN(const auto key,
                          connection_->Query("SELECT value FROM sluice.key WHERE id = 1"));
  if (key.size() != 1 || key.Text(0, 0).size() != key_.size()) {
    return absl::DataLossError("the match key is damaged");
  }
  std::memcpy(key_.data(), key.Text(0, 0).data(), key_.size());
  return absl::OkStatus();
}

absl::Status PostgresSink::EnsureConnected() {
  if (in_transaction_ || connection_->alive()) return absl::OkStatus();
  return connection_->Reconnect();
}

absl::Status PostgresSink::Prepare(const SinkDataset& dataset) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  auto& slot = tables_[dataset.dataset.name()];
  slot = std::make_unique<Table>();
  last_ = nullptr;
  slot->dataset = std::make_unique<PostgresDataset>(*connection_, dataset, key_);
  absl::Status status = PrepareTable(*slot);
  for (const planpb::Field& field : dataset.dataset.fields()) {
    if (status.ok()) status = FieldNumber(field.name()).status();
  }
  if (!status.ok()) tables_.erase(dataset.dataset.name());
  return status;
}

absl::Status PostgresSink::PrepareTable(Table& table) {
  absl::Status status = table.dataset->Prepare(nullptr);
  if (!absl::IsFailedPrecondition(status) || !options_.may_create) return status;
  SLUICE_ASSIGN_OR_RETURN(const auto owner, OpenOwner());
  return table.dataset->Prepare(owner.get());
}

PostgresSink::Table& PostgresSink::At(const SinkDataset& dataset) {
  if (last_ != nullptr && last_->dataset->dataset().name() == dataset.dataset.name()) {
    return *last_;
  }
  const auto found = tables_.find(dataset.dataset.name());
  SLUICE_CHECK(found != tables_.end(), "a dataset was not prepared");
  last_ = found->second.get();
  return *last_;
}

absl::Status PostgresSink::Begin() {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    SLUICE_RETURN_IF_ERROR(connection_->Begin());
    bool changed = false;
    const absl::Status status = BeginInTransaction(changed);
    if (status.ok() && !changed) {
      in_transaction_ = true;
      return absl::OkStatus();
    }
    connection_->Rollback();
    SLUICE_RETURN_IF_ERROR(status);
    // Somebody changed a table since it was prepared.
    for (const auto& [name, table] : tables_) {
      SLUICE_RETURN_IF_ERROR(PrepareTable(*table));
    }
  }
  return absl::AbortedError(
      fmt::format("somebody keeps changing the tables in {}", connection_->name()));
}

absl::Status PostgresSink::BeginInTransaction(bool& changed) {
  // The turn before anything else: who waits for it holds nothing that others want.
  SLUICE_RETURN_IF_ERROR(
      connection_
          ->Query(fmt::format("SELECT pg_advisory_xact_lock{}({}, {})", overtaken_ ? "" : "_shared",
                              kPostgresLockSpace, kPostgresTurnLock))
          .status());
  SLUICE_ASSIGN_OR_RETURN(
      const auto version,
      connection_->Query("SELECT coalesce(max(version), 0) FROM sluice.announced"));
  seen_version_ = version.Int(0, 0);
  for (const auto& [name, table] : tables_) {
    SLUICE_ASSIGN_OR_RETURN(const bool same, table->dataset->Unchanged());
    changed = changed || !same;
  }
  return absl::OkStatus();
}

void PostgresSink::Forget() {
  for (const auto& [name, table] : tables_) table->batch.Clear();
  met_.clear();
  in_transaction_ = false;
}

absl::Status PostgresSink::Commit() {
  absl::Status status = Flush();
  if (status.ok()) {
    status = connection_->Commit();
    commit_unknown_ = !status.ok() && !connection_->alive();
  }
  overtaken_ = absl::IsAborted(status);
  if (!status.ok()) connection_->Rollback();
  Forget();
  return status;
}

void PostgresSink::Abort() {
  connection_->Rollback();
  Forget();
}

absl::StatusOr<std::vector<Fence>> PostgresSink::ReadFences(std::string_view topic) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  if (commit_unknown_) {
    // Every transaction holds the turn: once we have it alone, the lost one has ended.
    SLUICE_RETURN_IF_ERROR(connection_->Execute(
        fmt::format("SELECT pg_advisory_lock({0}, {1}); SELECT pg_advisory_unlock({0}, {1})",
                    kPostgresLockSpace, kPostgresTurnLock)));
    commit_unknown_ = false;
  }
  return SelectFences(topic);
}

absl::StatusOr<std::vector<Fence>> PostgresSink::SelectFences(std::string_view topic) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT partition, log_id, next_offset FROM sluice.fence WHERE "
                         "topic = $1 ORDER BY partition",
                         PostgresParameters().Text(topic)));
  std::vector<Fence> fences;
  for (int i = 0; i < rows.size(); ++i) {
    fences.push_back({std::string(topic), static_cast<uint32_t>(rows.Int(i, 0)),
                      std::string(rows.Text(i, 1)), static_cast<uint64_t>(rows.Int(i, 2))});
  }
  return fences;
}

absl::StatusOr<std::string> PostgresSink::OtherLog(std::string_view log_id) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT log_id FROM sluice.fence WHERE log_id <> $1 LIMIT 1",
                         PostgresParameters().Text(log_id)));
  return rows.size() == 0 ? std::string() : std::string(rows.Text(0, 0));
}

absl::Status PostgresSink::MoveFence(const Fence& from, uint64_t to) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto moved,
      connection_->Query("INSERT INTO sluice.fence AS f(topic, partition, log_id, next_offset) "
                         "VALUES($1, $2, $3, $5) ON CONFLICT(topic, partition) DO UPDATE SET "
                         "next_offset = $5 WHERE f.log_id = $3 AND f.next_offset = $4",
                         PostgresParameters()
                             .Text(from.topic)
                             .Int(from.partition)
                             .Text(from.log_id)
                             .Int(static_cast<int64_t>(from.next_offset))
                             .Int(static_cast<int64_t>(to))));
  if (moved.affected() == 1) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto fences, SelectFences(from.topic));
  return FenceIsElsewhere(*this, from, fences);
}

absl::StatusOr<std::string> PostgresSink::ReadTotals(std::string_view import_id, uint32_t round,
                                                     uint32_t partition) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  SLUICE_ASSIGN_OR_RETURN(
      const auto totals,
      connection_->Query("SELECT totals FROM sluice.totals WHERE import_id = $1 AND round = $2 AND "
                         "partition = $3",
                         PostgresParameters().Text(import_id).Int(round).Int(partition)));
  return totals.size() == 0 ? std::string() : std::string(totals.Text(0, 0));
}

absl::Status PostgresSink::WriteTotals(std::string_view import_id, uint32_t round,
                                       uint32_t partition, std::string_view bytes) {
  return connection_
      ->Query(
          "INSERT INTO sluice.totals(import_id, round, partition, totals) VALUES($1, $2, $3, "
          "$4) ON CONFLICT(import_id, round, partition) DO UPDATE SET totals = $4",
          PostgresParameters().Text(import_id).Int(round).Int(partition).Blob(bytes))
      .status();
}

absl::Status PostgresSink::EndAlone() {
  // Before any row is locked, and after it nothing waits for a loader that has it not: no circle.
  return connection_
      ->Query(
          fmt::format("SELECT pg_advisory_xact_lock({}, {})", kPostgresLockSpace, kPostgresEndLock))
      .status();
}

absl::Status PostgresSink::AddPending(const PendingResult& result) {
  return connection_
      ->Query(
          "INSERT INTO sluice.pending(topic, partition, next_offset, result) VALUES($1, $2, "
          "$3, $4)",
          PostgresParameters()
              .Text(result.topic)
              .Int(result.partition)
              .Int(static_cast<int64_t>(result.next_offset))
              .Blob(result.bytes))
      .status();
}

absl::StatusOr<std::vector<PendingResult>> PostgresSink::ReadPending() {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  SLUICE_ASSIGN_OR_RETURN(const auto rows,
                          connection_->Query("SELECT topic, partition, next_offset, result FROM "
                                             "sluice.pending ORDER BY id"));
  std::vector<PendingResult> results;
  for (int i = 0; i < rows.size(); ++i) {
    results.push_back({std::string(rows.Text(i, 0)), static_cast<uint32_t>(rows.Int(i, 1)),
                       static_cast<uint64_t>(rows.Int(i, 2)), std::string(rows.Text(i, 3))});
  }
  return results;
}

absl::Status PostgresSink::DropPending(std::string_view topic, uint32_t partition,
                                       uint64_t next_offset) {
  return connection_
      ->Query(
          "DELETE FROM sluice.pending WHERE topic = $1 AND partition = $2 AND "
          "next_offset <= $3",
          PostgresParameters().Text(topic).Int(partition).Int(static_cast<int64_t>(next_offset)))
      .status();
}

}  // namespace sluice::load

#include "control/postgres_control_transaction.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "control/postgres_control_schema.h"

namespace sluice::control {

using database::PostgresParameters;
using database::PostgresRows;

absl::StatusOr<ImportRecord> ReadImportRow(const PostgresRows& rows, int row) {
  ImportRecord import;
  import.id = std::string(rows.Text(row, 0));
  import.sequence = static_cast<uint64_t>(rows.Int(row, 1));
  import.path = std::string(rows.Text(row, 2));
  import.plan_hash = std::string(rows.Text(row, 3));
  const std::string_view plan = rows.Text(row, 4);
  if (!import.plan.ParseFromArray(plan.data(), static_cast<int>(plan.size()))) {
    return absl::DataLossError("a stored plan is damaged");
  }
  import.state = static_cast<controlpb::ImportState>(rows.Int(row, 5));
  import.version = static_cast<uint64_t>(rows.Int(row, 6));
  import.created_at = std::string(rows.Text(row, 7));
  if (!rows.IsNull(row, 8)) import.ended_at = std::string(rows.Text(row, 8));
  import.seconds = static_cast<double>(rows.Int(row, 9)) / 1000;
  import.error = std::string(rows.Text(row, 10));
  const std::string_view undo = rows.Text(row, 11);
  if (!import.undo.ParseFromArray(undo.data(), static_cast<int>(undo.size()))) {
    return absl::DataLossError("the rollbacks of an import are damaged");
  }
  const std::string_view rounds = rows.Text(row, 12);
  if (!import.rounds.ParseFromArray(rounds.data(), static_cast<int>(rounds.size()))) {
    return absl::DataLossError("the rounds of an import are damaged");
  }
  return import;
}

absl::StatusOr<std::vector<recordpb::StageResult>> ReadStoredParts(
    database::PostgresConnection& connection, std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query("SELECT part, round FROM sluice_control.tallies WHERE import_id = $1",
                       PostgresParameters().Text(id)));
  std::vector<recordpb::StageResult> parts(static_cast<size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view bytes = rows.Text(row, 0);
    if (!parts[static_cast<size_t>(row)].ParseFromArray(bytes.data(),
                                                        static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored count is damaged");
    }
    parts[static_cast<size_t>(row)].set_round(static_cast<uint32_t>(rows.Int(row, 1)));
  }
  return parts;
}

absl::StatusOr<std::optional<ImportRecord>> PostgresControlTransaction::LockImport(
    std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query(
          fmt::format("SELECT {} FROM sluice_control.imports WHERE id = $1 FOR UPDATE",
                      kPostgresImportColumns),
          PostgresParameters().Text(id)));
  if (rows.size() == 0) return std::nullopt;
  SLUICE_ASSIGN_OR_RETURN(ImportRecord import, ReadImportRow(rows, 0));
  return import;
}

absl::StatusOr<std::vector<recordpb::StageResult>> PostgresControlTransaction::ReadParts(
    std::string_view id) {
  return ReadStoredParts(connection_, id);
}

absl::Status PostgresControlTransaction::WritePart(std::string_view id,
                                                   const recordpb::StageResult& part) {
  return connection_
      .Query(
          "INSERT INTO sluice_control.tallies(import_id, round, stage, partition, part) "
          "VALUES($1, $2, $3, $4, $5) ON CONFLICT(import_id, round, stage, partition) DO UPDATE "
          "SET part = $5",
          PostgresParameters()
              .Text(id)
              .Int(part.round())
              .Int(part.stage())
              .Int(part.partition())
              .Blob(part.SerializeAsString()))
      .status();
}

absl::Status PostgresControlTransaction::WriteFinished(std::string_view id, int64_t finished) {
  return connection_
      .Query("UPDATE sluice_control.imports SET finished = $2 WHERE id = $1",
             PostgresParameters().Text(id).Int(finished))
      .status();
}

absl::Status PostgresControlTransaction::AddResult(std::string_view id,
                                                   const recordpb::StageResult& result) {
  return connection_
      .Query("INSERT INTO sluice_control.results(import_id, result) VALUES($1, $2)",
             PostgresParameters().Text(id).Blob(result.SerializeAsString()))
      .status();
}

absl::Status PostgresControlTransaction::SetState(std::string_view id, controlpb::ImportState state,
                                                  uint64_t version) {
  return connection_
      .Query("UPDATE sluice_control.imports SET state = $2, version = $3 WHERE id = $1",
             PostgresParameters().Text(id).Int(state).Int(static_cast<int64_t>(version)))
      .status();
}

absl::Status PostgresControlTransaction::EndImport(std::string_view id,
                                                   controlpb::ImportState state,
                                                   std::string_view error) {
  SLUICE_RETURN_IF_ERROR(
      connection_
          .Query("UPDATE sluice_control.imports SET state = $2, version = version + 1, "
                 "ended_at = $3, error = $4 WHERE id = $1",
                 PostgresParameters().Text(id).Int(state).Text(now_).Text(error))
          .status());
  return connection_
      .Query("DELETE FROM sluice_control.leases WHERE name = $1 OR starts_with(name, $1 || '/')",
             PostgresParameters().Text(id))
      .status();
}

absl::Status PostgresControlTransaction::WriteRounds(std::string_view id,
                                                     const controlpb::ImportRounds& rounds,
                                                     controlpb::ImportState state,
                                                     uint64_t version) {
  return connection_
      .Query(
          "UPDATE sluice_control.imports SET rounds = $2, round = $3, round_upload = $4, state = "
          "$5, version = $6, ended_at = NULL, finished = 0 WHERE id = $1",
          PostgresParameters()
              .Text(id)
              .Blob(rounds.SerializeAsString())
              .Int(rounds.rounds_size())
              .Text(rounds.rounds().rbegin()->upload_sha256())
              .Int(state)
              .Int(static_cast<int64_t>(version)))
      .status();
}

absl::Status PostgresControlTransaction::WriteUndo(std::string_view id,
                                                   const controlpb::ImportUndo& undo,
                                                   controlpb::ImportState state, uint64_t version,
                                                   const std::optional<std::string>& ended_at) {
  return connection_
      .Query(
          "UPDATE sluice_control.imports SET undo = $2, state = $3, version = $4, ended_at = "
          "nullif($5, '') WHERE id = $1",
          PostgresParameters()
              .Text(id)
              .Blob(undo.SerializeAsString())
              .Int(state)
              .Int(static_cast<int64_t>(version))
              .Text(ended_at.value_or("")))
      .status();
}

absl::Status PostgresControlTransaction::AddReadLease(std::string_view id) {
  return connection_
      .Query(
          "INSERT INTO sluice_control.leases(name, holder, until, done) VALUES($1, '', "
          "clock_timestamp(), true)",
          PostgresParameters().Text(id))
      .status();
}

absl::Status PostgresControlTransaction::AddToOutbox(std::string_view key,
                                                     const controlpb::ImportEvent& event) {
  return connection_
      .Query("INSERT INTO sluice_control.outbox(key, value) VALUES($1, $2)",
             PostgresParameters().Text(key).Blob(event.SerializeAsString()))
      .status();
}

absl::StatusOr<bool> PostgresControlTransaction::MoveOffset(uint32_t partition, uint64_t from,
                                                            uint64_t to) {
  const auto parameters = PostgresParameters()
                              .Int(partition)
                              .Int(static_cast<int64_t>(from))
                              .Int(static_cast<int64_t>(to));
  // A partition that was never seen stands at 0.
  SLUICE_ASSIGN_OR_RETURN(
      const auto moved,
      connection_.Query(
          from == 0 ? "INSERT INTO sluice_control.offsets AS o(partition, next_offset) "
                      "VALUES($1, $3) ON CONFLICT(partition) DO UPDATE SET next_offset = $3 WHERE "
                      "o.next_offset = $2"
                    : "UPDATE sluice_control.offsets SET next_offset = $3 WHERE partition = $1 AND "
                      "next_offset = $2",
          parameters));
  return moved.affected() == 1;
}

absl::StatusOr<std::vector<ImportRecord>> PostgresControlTransaction::LockRunning() {
  SLUICE_RETURN_IF_ERROR(connection_.Execute(
      fmt::format("SELECT pg_advisory_xact_lock({}, {})", kControlLockSpace, kControlCreateLock)));
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query(fmt::format("SELECT {} FROM sluice_control.imports WHERE ended_at IS NULL "
                                    "ORDER BY sequence DESC",
                                    kPostgresImportColumns)));
  std::vector<ImportRecord> imports;
  for (int row = 0; row < rows.size(); ++row) {
    SLUICE_ASSIGN_OR_RETURN(imports.emplace_back(), ReadImportRow(rows, row));
  }
  return imports;
}

absl::StatusOr<uint64_t> PostgresControlTransaction::LastSequence() {
  SLUICE_ASSIGN_OR_RETURN(
      const auto last,
      connection_.Query("SELECT coalesce(max(sequence), 0) FROM sluice_control.imports"));
  return static_cast<uint64_t>(last.Int(0, 0));
}

absl::StatusOr<PastImports> PostgresControlTransaction::ReadPast(std::string_view ended_before) {
  PastImports past;
  SLUICE_ASSIGN_OR_RETURN(
      const auto last,
      connection_.Query("SELECT coalesce(max(sequence), 0) FROM sluice_control.imports WHERE "
                        "ended_at COLLATE \"C\" < $1",
                        PostgresParameters().Text(ended_before)));
  past.last = static_cast<uint64_t>(last.Int(0, 0));
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query(
          "SELECT sequence FROM sluice_control.imports WHERE sequence < $1 AND "
          "(ended_at IS NULL OR ended_at COLLATE \"C\" >= $2) ORDER BY sequence",
          PostgresParameters().Int(static_cast<int64_t>(past.last)).Text(ended_before)));
  for (int row = 0; row < rows.size(); ++row) {
    past.except.push_back(static_cast<uint64_t>(rows.Int(row, 0)));
  }
  return past;
}

absl::StatusOr<controlpb::JournalWindow> PostgresControlTransaction::ReadWindow() {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query("SELECT value FROM sluice_control.meta WHERE key = 'journal_window'"));
  controlpb::JournalWindow window;
  if (rows.size() == 0) return window;
  const std::string_view bytes = rows.Text(0, 0);
  if (!window.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the window of the journal is damaged");
  }
  return window;
}

absl::Status PostgresControlTransaction::WriteWindow(const controlpb::JournalWindow& window) {
  return connection_
      .Query(
          "INSERT INTO sluice_control.meta(key, value) VALUES('journal_window', $1) ON "
          "CONFLICT(key) DO UPDATE SET value = $1",
          PostgresParameters().Blob(window.SerializeAsString()))
      .status();
}

absl::Status PostgresControlTransaction::AddImport(const ImportRecord& import) {
  return connection_
      .Query(
          "INSERT INTO sluice_control.imports(id, sequence, path, plan_hash, plan, sink, state, "
          "version, created_at, undo, milliseconds, error, finished) VALUES($1, $2, $3, $4, $5, "
          "$6, $7, $8, $9, $10, 0, '', 0)",
          PostgresParameters()
              .Text(import.id)
              .Int(static_cast<int64_t>(import.sequence))
              .Text(import.path)
              .Text(import.plan_hash)
              .Blob(import.plan.SerializeAsString())
              .Text(import.plan.sink())
              .Int(import.state)
              .Int(static_cast<int64_t>(import.version))
              .Text(import.created_at)
              .Blob(import.undo.SerializeAsString()))
      .status();
}

}  // namespace sluice::control

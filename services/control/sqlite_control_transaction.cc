#include "control/sqlite_control_transaction.h"

#include <fmt/format.h>

#include "common/base/status.h"

namespace sluice::control {

using database::SqliteStatement;

absl::StatusOr<std::string> SqliteImportColumns(database::SqliteConnection& connection) {
  std::string columns = kSqliteImportColumns;
  // In the order they were added, behind all others.
  for (const std::string_view added : {"rounds", "undo"}) {
    SLUICE_ASSIGN_OR_RETURN(
        auto known,
        connection.Prepare("SELECT 1 FROM pragma_table_info('imports') WHERE name = ?"));
    known.Bind(1, added);
    SLUICE_ASSIGN_OR_RETURN(const bool there, known.Step());
    if (!there) columns.replace(columns.rfind(added), added.size(), "x''");
  }
  return columns;
}

absl::StatusOr<ImportRecord> ReadImportRow(const SqliteStatement& row) {
  ImportRecord import;
  import.id = std::string(row.Text(0));
  import.sequence = static_cast<uint64_t>(row.Int(1));
  import.path = std::string(row.Text(2));
  import.plan_hash = std::string(row.Text(3));
  const std::string_view plan = row.Blob(4);
  if (!import.plan.ParseFromArray(plan.data(), static_cast<int>(plan.size()))) {
    return absl::DataLossError("a stored plan is damaged");
  }
  import.state = static_cast<controlpb::ImportState>(row.Int(5));
  import.version = static_cast<uint64_t>(row.Int(6));
  import.created_at = std::string(row.Text(7));
  if (!row.IsNull(8)) import.ended_at = std::string(row.Text(8));
  import.seconds = static_cast<double>(row.Int(9)) / 1000;
  import.error = std::string(row.Text(10));
  const std::string_view undo = row.Blob(11);
  if (!import.undo.ParseFromArray(undo.data(), static_cast<int>(undo.size()))) {
    return absl::DataLossError("the rollbacks of an import are damaged");
  }
  const std::string_view rounds = row.Blob(12);
  if (!import.rounds.ParseFromArray(rounds.data(), static_cast<int>(rounds.size()))) {
    return absl::DataLossError("the rounds of an import are damaged");
  }
  return import;
}

absl::StatusOr<std::vector<recordpb::StageResult>> ReadStoredParts(
    database::SqliteConnection& connection, std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection.Prepare("SELECT part, round FROM tallies WHERE import_id = ?"));
  rows.Bind(1, id);
  std::vector<recordpb::StageResult> parts;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return parts;
    const std::string_view bytes = rows.Blob(0);
    if (!parts.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a stored count is damaged");
    }
    parts.back().set_round(static_cast<uint32_t>(rows.Int(1)));
  }
}

absl::StatusOr<std::optional<ImportRecord>> SqliteControlTransaction::LockImport(
    std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_.Prepare(
                     fmt::format("SELECT {} FROM imports WHERE id = ?", kSqliteImportColumns)));
  rows.Bind(1, id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, rows.Step());
  if (!found) return std::nullopt;
  SLUICE_ASSIGN_OR_RETURN(ImportRecord import, ReadImportRow(rows));
  return import;
}

absl::StatusOr<std::vector<recordpb::StageResult>> SqliteControlTransaction::ReadParts(
    std::string_view id) {
  return ReadStoredParts(connection_, id);
}

absl::Status SqliteControlTransaction::WritePart(std::string_view id,
                                                 const recordpb::StageResult& part) {
  SLUICE_ASSIGN_OR_RETURN(
      auto write, connection_.Prepare("INSERT OR REPLACE INTO tallies(import_id, round, stage, "
                                      "partition, part) VALUES(?, ?, ?, ?, ?)"));
  const std::string bytes = part.SerializeAsString();
  write.Bind(1, id).Bind(2, static_cast<int64_t>(part.round()));
  write.Bind(3, static_cast<int64_t>(part.stage()));
  write.Bind(4, static_cast<int64_t>(part.partition())).BindBlob(5, bytes);
  return write.Run();
}

absl::Status SqliteControlTransaction::WriteFinished(std::string_view id, int64_t finished) {
  SLUICE_ASSIGN_OR_RETURN(auto update,
                          connection_.Prepare("UPDATE imports SET finished = ? WHERE id = ?"));
  update.Bind(1, finished).Bind(2, id);
  return update.Run();
}

absl::Status SqliteControlTransaction::AddResult(std::string_view id,
                                                 const recordpb::StageResult& result) {
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_.Prepare("INSERT INTO results(import_id, result) VALUES(?, ?)"));
  const std::string bytes = result.SerializeAsString();
  insert.Bind(1, id).BindBlob(2, bytes);
  return insert.Run();
}

absl::Status SqliteControlTransaction::SetState(std::string_view id, controlpb::ImportState state,
                                                uint64_t version) {
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_.Prepare("UPDATE imports SET state = ?, version = ? WHERE id = ?"));
  update.Bind(1, state).Bind(2, static_cast<int64_t>(version)).Bind(3, id);
  return update.Run();
}

absl::Status SqliteControlTransaction::EndImport(std::string_view id, controlpb::ImportState state,
                                                 std::string_view error) {
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_.Prepare("UPDATE imports SET state = ?, version = version + 1, "
                                       "ended_at = ?, error = ? WHERE id = ?"));
  update.Bind(1, state).Bind(2, now_).Bind(3, error).Bind(4, id);
  SLUICE_RETURN_IF_ERROR(update.Run());
  SLUICE_ASSIGN_OR_RETURN(auto drop,
                          connection_.Prepare("DELETE FROM leases WHERE name = ?1 OR "
                                              "substr(name, 1, length(?1) + 1) = ?1 || '/'"));
  drop.Bind(1, id);
  return drop.Run();
}

absl::Status SqliteControlTransaction::WriteRounds(std::string_view id,
                                                   const controlpb::ImportRounds& rounds,
                                                   controlpb::ImportState state, uint64_t version) {
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_.Prepare("UPDATE imports SET rounds = ?, round = ?, round_upload = "
                                       "?, state = ?, version = ?, ended_at = NULL, finished = 0 "
                                       "WHERE id = ?"));
  const std::string bytes = rounds.SerializeAsString();
  update.BindBlob(1, bytes).Bind(2, static_cast<int64_t>(rounds.rounds_size()));
  update.Bind(3, rounds.rounds().rbegin()->upload_sha256()).Bind(4, state);
  update.Bind(5, static_cast<int64_t>(version)).Bind(6, id);
  return update.Run();
}

absl::Status SqliteControlTransaction::WriteUndo(std::string_view id,
                                                 const controlpb::ImportUndo& undo,
                                                 controlpb::ImportState state, uint64_t version,
                                                 const std::optional<std::string>& ended_at) {
  SLUICE_ASSIGN_OR_RETURN(
      auto update, connection_.Prepare("UPDATE imports SET undo = ?, state = ?, version = ?, "
                                       "ended_at = ? WHERE id = ?"));
  const std::string bytes = undo.SerializeAsString();
  update.BindBlob(1, bytes).Bind(2, state).Bind(3, static_cast<int64_t>(version));
  if (ended_at.has_value()) {
    update.Bind(4, *ended_at);
  } else {
    update.BindNull(4);
  }
  update.Bind(5, id);
  return update.Run();
}

absl::Status SqliteControlTransaction::AddReadLease(std::string_view id) {
  SLUICE_ASSIGN_OR_RETURN(auto insert,
                          connection_.Prepare("INSERT INTO leases(name, holder, until, "
                                              "done) VALUES(?, '', 0, 1)"));
  insert.Bind(1, id);
  return insert.Run();
}

absl::Status SqliteControlTransaction::AddToOutbox(std::string_view key,
                                                   const controlpb::ImportEvent& event) {
  SLUICE_ASSIGN_OR_RETURN(auto insert,
                          connection_.Prepare("INSERT INTO outbox(key, value) VALUES(?, ?)"));
  const std::string bytes = event.SerializeAsString();
  insert.Bind(1, key).BindBlob(2, bytes);
  return insert.Run();
}

absl::StatusOr<bool> SqliteControlTransaction::MoveOffset(uint32_t partition, uint64_t from,
                                                          uint64_t to) {
  // A partition that was never seen stands at 0.
  SLUICE_ASSIGN_OR_RETURN(
      auto move, connection_.Prepare(
                     from == 0 ? "INSERT INTO offsets(partition, next_offset) VALUES(?1, ?3) ON "
                                 "CONFLICT(partition) DO UPDATE SET next_offset = ?3 WHERE "
                                 "next_offset = ?2"
                               : "UPDATE offsets SET next_offset = ?3 WHERE partition = ?1 AND "
                                 "next_offset = ?2"));
  move.Bind(1, static_cast<int64_t>(partition)).Bind(2, static_cast<int64_t>(from));
  move.Bind(3, static_cast<int64_t>(to));
  SLUICE_RETURN_IF_ERROR(move.Run());
  return connection_.changes() == 1;
}

absl::StatusOr<std::vector<ImportRecord>> SqliteControlTransaction::LockRunning() {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_.Prepare(fmt::format(
                     "SELECT {} FROM imports WHERE ended_at IS NULL ORDER BY sequence DESC",
                     kSqliteImportColumns)));
  std::vector<ImportRecord> imports;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return imports;
    SLUICE_ASSIGN_OR_RETURN(imports.emplace_back(), ReadImportRow(rows));
  }
}

absl::StatusOr<uint64_t> SqliteControlTransaction::LastSequence() {
  SLUICE_ASSIGN_OR_RETURN(const auto last,
                          connection_.QueryInt("SELECT max(sequence) FROM imports"));
  return static_cast<uint64_t>(last.value_or(0));
}

absl::StatusOr<PastImports> SqliteControlTransaction::ReadPast(std::string_view ended_before) {
  PastImports past;
  SLUICE_ASSIGN_OR_RETURN(
      auto last, connection_.Prepare("SELECT max(sequence) FROM imports WHERE ended_at < ?"));
  last.Bind(1, ended_before);
  SLUICE_RETURN_IF_ERROR(last.Step().status());
  past.last = last.IsNull(0) ? 0 : static_cast<uint64_t>(last.Int(0));
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_.Prepare("SELECT sequence FROM imports WHERE sequence < ?1 AND "
                                     "(ended_at IS NULL OR ended_at >= ?2) ORDER BY sequence"));
  rows.Bind(1, static_cast<int64_t>(past.last)).Bind(2, ended_before);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return past;
    past.except.push_back(static_cast<uint64_t>(rows.Int(0)));
  }
}

absl::StatusOr<controlpb::JournalWindow> SqliteControlTransaction::ReadWindow() {
  SLUICE_ASSIGN_OR_RETURN(
      auto select, connection_.Prepare("SELECT value FROM meta WHERE key = 'journal_window'"));
  controlpb::JournalWindow window;
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return window;
  const std::string_view bytes = select.Blob(0);
  if (!window.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the window of the journal is damaged");
  }
  return window;
}

absl::Status SqliteControlTransaction::WriteWindow(const controlpb::JournalWindow& window) {
  SLUICE_ASSIGN_OR_RETURN(auto write, connection_.Prepare("INSERT OR REPLACE INTO meta(key, value) "
                                                          "VALUES('journal_window', ?)"));
  const std::string bytes = window.SerializeAsString();
  write.BindBlob(1, bytes);
  return write.Run();
}

absl::Status SqliteControlTransaction::AddImport(const ImportRecord& import) {
  SLUICE_ASSIGN_OR_RETURN(
      auto insert,
      connection_.Prepare("INSERT INTO imports(id, sequence, path, plan_hash, plan, sink, state, "
                          "version, created_at, undo, seconds, error, finished) VALUES(?, ?, ?, ?, "
                          "?, ?, ?, ?, ?, ?, 0, '', 0)"));
  const std::string plan = import.plan.SerializeAsString();
  insert.Bind(1, import.id).Bind(2, static_cast<int64_t>(import.sequence)).Bind(3, import.path);
  insert.Bind(4, import.plan_hash).BindBlob(5, plan).Bind(6, import.plan.sink());
  insert.Bind(7, import.state).Bind(8, static_cast<int64_t>(import.version));
  const std::string undo = import.undo.SerializeAsString();
  insert.Bind(9, import.created_at).BindBlob(10, undo);
  return insert.Run();
}

}  // namespace sluice::control

// What SqliteSink knows of rows that come again, and of answers that are remembered.
#include <fmt/format.h>

#include "common/base/status.h"
#include "load/sqlite_decision.h"
#include "load/sqlite_sink.h"

namespace sluice::load {

using database::QuoteIdentifier;

absl::Status SqliteSink::ReadChangedBySource(const SinkDataset& dataset, uint64_t import_sequence,
                                             uint64_t from, size_t count,
                                             std::vector<ChangedBySource>& changed) {
  changed.clear();
  // Each kind by its own index.
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_->Prepare(fmt::format(
                     "SELECT source_row, row_id FROM (SELECT source_row, row_id FROM {0} WHERE "
                     "import_sequence = ?1 AND kind <> 0 AND source_row >= ?2 UNION SELECT "
                     "source_row, row_id FROM {0} WHERE import_sequence = ?1 AND kind = 0 AND "
                     "import_sequence <> row_id >> 32 AND source_row >= ?2) ORDER BY source_row, "
                     "row_id LIMIT ?3",
                     QuoteIdentifier(At(dataset).JournalTable()))));
  rows.Bind(1, static_cast<int64_t>(import_sequence)).Bind(2, static_cast<int64_t>(from));
  rows.Bind(3, static_cast<int64_t>(count));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    changed.push_back({static_cast<uint64_t>(rows.Int(0)), rows.Int(1)});
  }
}

absl::StatusOr<std::optional<Decision>> SqliteSink::ReadDecision(const SinkDataset& dataset,
                                                                 std::string_view identity) {
  return ReadSqliteDecision(*connection_, dataset.dataset.name(), identity);
}

absl::Status SqliteSink::WriteDecision(const SinkDataset& dataset, std::string_view identity,
                                       const Decision& decision) {
  SLUICE_ASSIGN_OR_RETURN(
      auto write, connection_->Prepare("INSERT OR REPLACE INTO sluice_decision(dataset, identity, "
                                       "answer, row_id) VALUES(?, ?, ?, ?)"));
  write.Bind(1, dataset.dataset.name()).BindBlob(2, identity);
  write.Bind(3, static_cast<int64_t>(decision.answer)).Bind(4, decision.row);
  return write.Run();
}

absl::StatusOr<std::optional<Decision>> ReadSqliteDecision(database::SqliteConnection& connection,
                                                           std::string_view dataset,
                                                           std::string_view identity) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection.Prepare("SELECT answer, row_id FROM sluice_decision WHERE dataset = ? "
                                    "AND identity = ?"));
  rows.Bind(1, dataset).BindBlob(2, identity);
  SLUICE_ASSIGN_OR_RETURN(const bool found, rows.Step());
  if (!found) return std::optional<Decision>();
  return Decision{static_cast<uint32_t>(rows.Int(0)), rows.Int(1)};
}

}  // namespace sluice::load

// What PostgresSink knows of rows that come again, and of answers that are remembered.
#include "common/base/status.h"
#include "load/postgres_decision.h"
#include "load/postgres_sink.h"

namespace sluice::load {

using database::PostgresParameters;

absl::Status PostgresSink::ReadChangedBySource(const SinkDataset& dataset, uint64_t import_sequence,
                                               uint64_t from, size_t count,
                                               std::vector<ChangedBySource>& changed) {
  changed.clear();
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  // Each kind by its own index.
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query(
          "SELECT source_row, row_id FROM (SELECT source_row, row_id FROM sluice.journal WHERE "
          "dataset = $1 AND import_sequence = $2 AND kind <> 0 AND source_row >= $3 UNION SELECT "
          "source_row, row_id FROM sluice.journal WHERE dataset = $1 AND import_sequence = $2 AND "
          "kind = 0 AND import_sequence <> row_id >> 32 AND source_row >= $3) j ORDER BY "
          "source_row, row_id LIMIT $4",
          PostgresParameters()
              .Int(At(dataset).dataset->id())
              .Int(static_cast<int64_t>(import_sequence))
              .Int(static_cast<int64_t>(from))
              .Int(static_cast<int64_t>(count))));
  for (int i = 0; i < rows.size(); ++i) {
    changed.push_back({static_cast<uint64_t>(rows.Int(i, 0)), rows.Int(i, 1)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Decision>> PostgresSink::ReadDecision(const SinkDataset& dataset,
                                                                   std::string_view identity) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  return ReadPostgresDecision(*connection_, dataset.dataset.name(), identity);
}

absl::Status PostgresSink::WriteDecision(const SinkDataset& dataset, std::string_view identity,
                                         const Decision& decision) {
  return connection_
      ->Query(
          "INSERT INTO sluice.decision(dataset, identity, answer, row_id) VALUES($1, $2, $3, $4) "
          "ON CONFLICT(dataset, identity) DO UPDATE SET answer = $3, row_id = $4",
          PostgresParameters()
              .Text(dataset.dataset.name())
              .Blob(identity)
              .Int(decision.answer)
              .Int(decision.row))
      .status();
}

absl::StatusOr<std::optional<Decision>> ReadPostgresDecision(
    database::PostgresConnection& connection, std::string_view dataset, std::string_view identity) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query("SELECT answer, row_id FROM sluice.decision WHERE dataset = $1 AND identity "
                       "= $2",
                       PostgresParameters().Text(dataset).Blob(identity)));
  if (rows.size() == 0) return std::optional<Decision>();
  return Decision{static_cast<uint32_t>(rows.Int(0, 0)), rows.Int(0, 1)};
}

}  // namespace sluice::load

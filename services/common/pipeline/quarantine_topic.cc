#include "common/pipeline/quarantine_topic.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace sluice::pipeline {
namespace {

std::string_view StageName(recordpb::Stage stage) {
  switch (stage) {
    case recordpb::STAGE_INGEST:
      return "INGEST";
    case recordpb::STAGE_CLEAN:
      return "CLEAN";
    case recordpb::STAGE_MAP:
      return "MAP";
    case recordpb::STAGE_LOAD:
      return "LOAD";
    default:
      return "";
  }
}

}  // namespace

recordpb::QuarantinedRow QuarantinedRowOf(const stream::Record& record, uint32_t round,
                                          const recordpb::RowResult& row) {
  recordpb::QuarantinedRow quarantined;
  quarantined.set_import_id(std::string(record.headers.import_id));
  quarantined.set_round(round);
  quarantined.set_row(row.row());
  quarantined.set_outcome(row.outcome());
  quarantined.set_code(row.code());
  quarantined.set_field(row.field());
  quarantined.set_offset(record.offset);
  quarantined.set_key(std::string(record.key));
  quarantined.set_value(std::string(record.value));
  return quarantined;
}

QuarantineTopic::QuarantineTopic(QuarantineOptions options, recordpb::Stage stage)
    : options_(std::move(options)), stage_(StageName(stage)) {}

void QuarantineTopic::Send(stream::Transaction& transaction, uint32_t partition,
                           const recordpb::QuarantinedRow& row) const {
  const bool review = row.outcome() == recordpb::OUTCOME_REVIEW;
  const std::string at = std::to_string(partition);
  const std::string offset = std::to_string(row.offset());
  const std::string attempt = std::to_string(row.round() + 1);
  // Names only, never a value of the row.
  const std::string message =
      fmt::format("row {} of import {} {}: {}{}{}", row.row(), row.import_id(),
                  review ? "needs review" : "was rejected", row.code(),
                  row.field().empty() ? "" : " in ", row.field());
  const std::array<stream::NamedHeader, 14> named = {{
      {"__connect.errors.topic", options_.source},
      {"__connect.errors.partition", at},
      {"__connect.errors.offset", offset},
      {"__connect.errors.connector.name", options_.connector},
      {"__connect.errors.task.id", options_.task},
      {"__connect.errors.stage", stage_},
      {"__connect.errors.class.name", row.code()},
      {"__connect.errors.exception.class.name", review ? "sluice.review" : "sluice.rejected"},
      {"__connect.errors.exception.message", message},
      {"sluice.error.outcome", review ? "review" : "rejected"},
      {"sluice.error.reason", row.code()},
      // A rejected row ends the same whenever it comes; a review may be answered.
      {"sluice.error.retryable", review ? "true" : "false"},
      {"sluice.error.attempt", attempt},
      {"sluice.error.field", row.field()},
  }};
  // Of what is about the whole row, all but the last.
  const std::span<const stream::NamedHeader> said(named.data(),
                                                  named.size() - (row.field().empty() ? 1 : 0));
  transaction.Append({options_.topic, partition},
                     {stream::RecordKind::kQuarantined, row.import_id(), row.row(), said},
                     row.key(), row.value());
}

}  // namespace sluice::pipeline

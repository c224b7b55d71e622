#include "load/quarantined_rows.h"

#include "common/base/status.h"
#include "common/stream/topics.h"

namespace sluice::load {

namespace recordpb = pipeline::recordpb;

QuarantinedRows::QuarantinedRows(const std::optional<pipeline::QuarantineOptions>& options,
                                 stream::Log& log, stream::TopicId in)
    : log_(log), in_(in) {
  if (options.has_value()) topic_.emplace(*options, recordpb::STAGE_LOAD);
}

void QuarantinedRows::Note(const stream::Record& record, uint32_t round,
                           const recordpb::StageResult& results, int before) {
  if (!topic_.has_value() || results.rows_size() == before) return;
  const recordpb::RowResult& row = results.rows(results.rows_size() - 1);
  if (!pipeline::IsQuarantined(row.outcome())) return;
  noted_.push_back(pipeline::QuarantinedRowOf(record, round, row));
}

absl::Status QuarantinedRows::Keep(Sink& sink, const PendingResult& at, Kept& kept) {
  for (Row& row : noted_) {
    recordpb::StageResult result;
    *result.mutable_quarantined() = row;
    SLUICE_RETURN_IF_ERROR(
        sink.AddPending({at.topic, at.partition, at.next_offset, result.SerializeAsString()}));
    kept.emplace_back(at.partition, std::move(row));
  }
  noted_.clear();
  return absl::OkStatus();
}

void QuarantinedRows::Send(const Kept& kept, stream::Transaction& transaction) const {
  for (const auto& [partition, row] : kept) topic_->Send(transaction, partition, row);
}

absl::StatusOr<bool> QuarantinedRows::SendPending(const PendingResult& pending,
                                                  stream::Transaction& transaction) {
  if (!topic_.has_value()) return false;
  recordpb::StageResult result;
  if (!result.ParseFromString(pending.bytes)) {
    return absl::DataLossError("a result in the sink's outbox is damaged");
  }
  if (!result.has_quarantined()) return false;
  SLUICE_ASSIGN_OR_RETURN(const std::optional<uint64_t> consumed,
                          log_.offsets().Committed(stream::kLoadGroup, {in_, pending.partition}));
  if (consumed.value_or(0) < pending.next_offset) {
    topic_->Send(transaction, pending.partition, result.quarantined());
  }
  return true;
}

}  // namespace sluice::load

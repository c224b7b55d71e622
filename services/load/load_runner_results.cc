// What a loader tells: totals in the sink's transaction, and results published once that is safe.
#include <algorithm>

#include "common/base/status.h"
#include "common/pipeline/result_parts.h"
#include "common/stream/topics.h"
#include "load/load_runner.h"

namespace sluice::load {

pipeline::ResultBuilder& LoadRunner::ResultFor(std::string_view import_id, uint32_t round) {
  for (pipeline::ResultBuilder& result : results_) {
    if (result.IsFor(import_id, round)) return result;
  }
  return results_.emplace_back(import_id, round, pipeline::recordpb::STAGE_LOAD, batch_.partition);
}

absl::StatusOr<pipeline::recordpb::StageResult*> LoadRunner::TotalsOf(const std::string& import_id,
                                                                      uint32_t round,
                                                                      uint32_t partition) {
  const auto [entry, added] = totals_.try_emplace(TotalsKey(import_id, round, partition));
  if (added) {
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes,
                            sink_->ReadTotals(import_id, round, partition));
    if (!entry->second.ParseFromString(bytes)) {
      return absl::DataLossError("the totals of an import are damaged");
    }
    entry->second.set_import_id(import_id);
    entry->second.set_round(round);
    entry->second.set_stage(pipeline::recordpb::STAGE_LOAD);
    entry->second.set_partition(partition);
  }
  return &entry->second;
}

absl::Status LoadRunner::FinishResults(uint64_t next_offset, pipeline::BatchReport& report) {
  SLUICE_RETURN_IF_ERROR(quarantined_.Keep(
      *sink_, {options_.topic, batch_.partition, next_offset, {}}, open_.quarantined));
  for (pipeline::ResultBuilder& result : results_) {
    const std::string import_id = result.result().import_id();
    const uint32_t round = result.result().round();
    SLUICE_ASSIGN_OR_RETURN(auto* totals, TotalsOf(import_id, round, batch_.partition));
    for (size_t i = 0; i < report.outcomes.size(); ++i) {
      report.outcomes[i] += result.outcomes(static_cast<pipeline::recordpb::Outcome>(i));
    }
    result.AddCountsTo(*totals);
    if (result.result().ended()) totals->set_ended(true);
    totals->set_position(next_offset);
    SLUICE_RETURN_IF_ERROR(
        sink_->WriteTotals(import_id, round, batch_.partition, totals->SerializeAsString()));
    pipeline::recordpb::StageResult published = *totals;
    published.mutable_rows()->Swap(result.result().mutable_rows());
    published.mutable_issues()->Swap(result.result().mutable_issues());
    published.set_transaction_from(fence_[batch_.partition]);
    for (std::string& part :
         pipeline::SerializeInParts(std::move(published), options_.result_bytes_max)) {
      SLUICE_RETURN_IF_ERROR(
          sink_->AddPending({options_.topic, batch_.partition, next_offset, part}));
      open_.results.emplace_back(batch_.partition, std::move(part));
    }
    if (result.result().ended()) SLUICE_RETURN_IF_ERROR(DropMetIfAllEnded(*totals));
  }
  return absl::OkStatus();
}

absl::Status LoadRunner::DropMetIfAllEnded(const pipeline::recordpb::StageResult& ended) {
  SLUICE_RETURN_IF_ERROR(sink_->EndAlone());
  for (uint32_t p = 0; p < log_.partitions(); ++p) {
    // Another loader moves those of its partitions on.
    if (!IsAssigned(p)) totals_.erase(TotalsKey(ended.import_id(), ended.round(), p));
    SLUICE_ASSIGN_OR_RETURN(const auto* totals, TotalsOf(ended.import_id(), ended.round(), p));
    if (!totals->ended()) return absl::OkStatus();
  }
  const ImportLoader* const loader = loaders_.FindWhole(ended.import_id());
  // What all parts have met goes.
  for (uint32_t part = 0; loader != nullptr && part <= loader->parts(); ++part) {
    SLUICE_RETURN_IF_ERROR(sink_->DropMet({loader->sequence(), ended.round(), part}));
  }
  return absl::OkStatus();
}

absl::Status LoadRunner::PublishPending() {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<PendingResult> pending, sink_->ReadPending());
  const auto transaction = log_.Begin();
  bool any = false;
  for (const PendingResult& result : pending) {
    if (result.topic != options_.topic || !IsAssigned(result.partition)) continue;
    any = true;
    SLUICE_ASSIGN_OR_RETURN(const bool row, quarantined_.SendPending(result, *transaction));
    if (!row) {
      transaction->Append({options_.results, result.partition},
                          {stream::RecordKind::kResult, {}, 0}, {}, result.bytes);
    }
    uint64_t& offset = published_[result.partition];
    offset = std::max(offset, result.next_offset);
  }
  for (const uint32_t p : source_->assignment().partitions) {
    transaction->Consumed(stream::kLoadGroup, {options_.in, p}, fence_[p]);
  }
  if (!any) published_.clear();
  SLUICE_ASSIGN_OR_RETURN(published_position_, transaction->Commit());
  publish_failed_ = false;
  return absl::OkStatus();
}

absl::Status LoadRunner::Publish() {
  const auto transaction = log_.Begin();
  for (const auto& [partition, result] : open_.results) {
    transaction->Append({options_.results, partition}, {stream::RecordKind::kResult, {}, 0}, {},
                        result);
  }
  quarantined_.Send(open_.quarantined, *transaction);
  for (const auto& [partition, offset] : open_.offsets) {
    transaction->Consumed(stream::kLoadGroup, {options_.in, partition}, offset);
  }
  SLUICE_ASSIGN_OR_RETURN(published_position_, transaction->Commit());
  published_ = open_.offsets;
  return absl::OkStatus();
}

}  // namespace sluice::load

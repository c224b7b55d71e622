#include "control/round_tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/pipeline/result_builder.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::control {

bool RoundTally::Apply(const recordpb::StageResult& result) {
  recordpb::StageResult& part = parts_[{result.round(), result.stage(), result.partition()}];
  part.set_round(result.round());
  part.set_stage(result.stage());
  part.set_partition(result.partition());
  if (result.stage() == recordpb::STAGE_LOAD) {
    // No fence is 0: the first result is newer than none.
    if (std::pair(result.position(), result.part()) <= std::pair(part.position(), part.part())) {
      return false;
    }
    part.set_position(result.position());
    part.set_part(result.part());
    // The totals come with the last part.
    if (result.more()) return true;
    *part.mutable_outcomes() = result.outcomes();
    *part.mutable_issue_counts() = result.issue_counts();
    part.set_created_references(result.created_references());
    part.set_resubmitted(result.resubmitted());
    part.set_ended(result.ended());
    return true;
  }
  // Whoever does an import again speaks for the stages that have nothing to do, and says it once
  // more when nobody knows whether it was heard.
  const bool counts = result.outcomes_size() > 0 || result.issue_counts_size() > 0;
  if (part.ended() && !counts && result.rows_read() <= part.rows_read()) return false;
  for (const recordpb::OutcomeCount& count : result.outcomes()) {
    pipeline::AddOutcome(part, count.outcome(), count.count(), count.part());
  }
  for (const recordpb::IssueCount& count : result.issue_counts()) {
    pipeline::AddIssueCount(part, count.code(), count.count());
  }
  part.set_resubmitted(part.resubmitted() + result.resubmitted());
  if (result.stage() == recordpb::STAGE_INGEST) {
    part.set_rows_read(std::max(part.rows_read(), result.rows_read()));
    part.set_bytes_read(std::max(part.bytes_read(), result.bytes_read()));
    if (result.ended()) {
      part.set_rows_sent(result.rows_sent());
      part.set_end_reason(result.end_reason());
    }
  }
  if (result.ended()) part.set_ended(true);
  return true;
}

void RoundTally::Restore(const recordpb::StageResult& part) {
  parts_[{part.round(), part.stage(), part.partition()}] = part;
}

bool RoundTally::AllEnded(uint32_t round) const {
  for (const recordpb::Stage stage :
       {recordpb::STAGE_INGEST, recordpb::STAGE_CLEAN, recordpb::STAGE_MAP, recordpb::STAGE_LOAD}) {
    for (uint32_t partition = 0; partition < partitions_; ++partition) {
      const auto part = parts_.find({round, stage, partition});
      if (part == parts_.end() || !part->second.ended()) return false;
    }
  }
  return true;
}

bool RoundTally::Cancelled(uint32_t round) const {
  const auto part = parts_.find({round, recordpb::STAGE_INGEST, 0});
  return part != parts_.end() && part->second.end_reason() == recordpb::END_REASON_CANCELLED;
}

int64_t RoundTally::Finished(uint32_t round) const {
  int64_t finished = 0;
  for (const auto& [key, part] : parts_) {
    if (part.round() != round) continue;
    for (const recordpb::OutcomeCount& count : part.outcomes()) finished += count.count();
    finished += part.resubmitted();
  }
  return finished;
}

ImportCounts RoundTally::Counts() const {
  ImportCounts counts;
  for (const auto& [key, part] : parts_) {
    if (part.round() == 0) {
      counts.rows = std::max(counts.rows, part.rows_read());
      counts.bytes_read = std::max(counts.bytes_read, part.bytes_read());
    }
    counts.created_references += part.created_references();
    for (const recordpb::OutcomeCount& count : part.outcomes()) {
      counts.outcomes[count.outcome()] += count.count();
      counts.by_part[{count.part(), count.outcome()}] += count.count();
    }
    for (const recordpb::IssueCount& count : part.issue_counts()) {
      counts.issues[count.code()] += count.count();
    }
  }
  return counts;
}

absl::Status RoundTally::CheckSum(uint32_t round) const {
  uint64_t sent = 0;
  int64_t resubmitted = 0;
  for (const auto& [key, part] : parts_) {
    if (part.round() != round) continue;
    sent += part.rows_sent();
    resubmitted += part.resubmitted();
  }
  const int64_t finished = Finished(round);
  const bool balanced = round == 0 ? resubmitted == 0 : finished == resubmitted;
  if (balanced && finished >= 0 && static_cast<uint64_t>(finished) == sent) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      fmt::format("{} rows were read but {} have an outcome", sent, finished));
}

const recordpb::StageResult& RoundTally::Part(uint32_t round, recordpb::Stage stage,
                                              uint32_t partition) const {
  const auto part = parts_.find({round, stage, partition});
  SLUICE_CHECK(part != parts_.end(), "no such part of a tally");
  return part->second;
}

}  // namespace sluice::control

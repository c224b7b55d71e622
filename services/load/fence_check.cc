#include "load/fence_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/pipeline/result_builder.h"
#include "common/stream/topics.h"

namespace sluice::load {
namespace {

absl::Status CheckFits(const Fence& fence, std::string_view name, stream::Log& log,
                       stream::TopicId topic) {
  if (fence.log_id != log.id()) {
    return FedFromElsewhere(name, fence.log_id);
  }
  SLUICE_ASSIGN_OR_RETURN(const uint64_t end, log.offsets().End({topic, fence.partition}));
  if (fence.next_offset <= end) return absl::OkStatus();
  return absl::OutOfRangeError(
      fmt::format("the log has lost records: the sink {} was given {} of partition {}, the log "
                  "ends at {}. Restore both from one backup",
                  name, fence.next_offset, fence.partition, end));
}

}  // namespace

absl::StatusOr<uint64_t> GivenRecords(stream::Log& log, stream::TopicId topic) {
  uint64_t given = 0;
  for (uint32_t partition = 0; partition < log.partitions(); ++partition) {
    SLUICE_ASSIGN_OR_RETURN(const auto offset,
                            log.offsets().Committed(stream::kLoadGroup, {topic, partition}));
    given += offset.value_or(0);
  }
  return given;
}

absl::StatusOr<std::vector<Fence>> ReadFittingFences(Sink& sink, stream::Log& log,
                                                     const FeedingTopic& topic,
                                                     std::span<const uint32_t> partitions) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Fence> all, sink.ReadFences(topic.name));
  std::vector<Fence> fences;
  for (const uint32_t partition : partitions) {
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Fence& fence) { return fence.partition == partition; });
    if (found != all.end()) {
      SLUICE_RETURN_IF_ERROR(CheckFits(*found, sink.name(), log, topic.id));
      fences.push_back(*found);
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(const auto given,
                            log.offsets().Committed(stream::kLoadGroup, {topic.id, partition}));
    // One that was emptied or replaced must not go on as if it had what it was given.
    if (given.value_or(0) > 0) return SinkIsLost(sink.name(), *given);
  }
  return fences;
}

absl::Status CheckLogKnows(Sink& sink, stream::Log& log, const FeedingTopic& topic) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Fence> fences, sink.ReadFences(topic.name));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<PendingResult> pending, sink.ReadPending());
  for (const Fence& fence : fences) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto committed,
        log.offsets().Committed(stream::kLoadGroup, {topic.id, fence.partition}));
    const uint64_t known = committed.value_or(0);
    if (fence.next_offset <= known) continue;
    // Only the last transaction may be unknown to the log, and its results all wait in the sink.
    bool waits = false;
    bool gap = false;
    for (const PendingResult& result : pending) {
      if (result.topic != topic.name || result.partition != fence.partition) continue;
      waits = waits || result.next_offset == fence.next_offset;
      pipeline::recordpb::StageResult told;
      if (!told.ParseFromString(result.bytes)) {
        return absl::DataLossError("a result that waits in the sink is damaged");
      }
      gap = gap || told.transaction_from() > known;
    }
    if (waits && !gap) continue;
    return absl::OutOfRangeError(
        fmt::format("the log is older than the sink {}: that was given {} records of partition {}, "
                    "the log knows of {}. Restore both from one backup",
                    sink.name(), fence.next_offset, fence.partition, known));
  }
  return absl::OkStatus();
}

absl::Status FenceIsElsewhere(const Sink& sink, const Fence& from,
                              const std::vector<Fence>& fences) {
  for (const Fence& fence : fences) {
    if (fence.partition != from.partition || fence.log_id == from.log_id) continue;
    return FedFromElsewhere(sink.name(), fence.log_id);
  }
  return absl::AbortedError(
      fmt::format("the sink {} does not stand at offset {} of partition {} of {}: another loader "
                  "went on",
                  sink.name(), from.next_offset, from.partition, from.topic));
}

absl::Status FedFromElsewhere(std::string_view name, std::string_view log_id) {
  return absl::FailedPreconditionError(
      fmt::format("the sink {} is fed from another data directory or cluster (log {}): import "
                  "there. If that is lost, import the files again into a new sink (as --sink "
                  "sqlite:NEW_FILE)",
                  name, log_id));
}

absl::Status SinkIsLost(std::string_view name, uint64_t given) {
  return absl::FailedPreconditionError(
      fmt::format("the sink {} was removed, replaced or emptied: it does not know of {} records it "
                  "was given. Put the old file back (or the old database) to go on; if it is lost, "
                  "import the files again with another --data-dir, or into another --sink",
                  name, given));
}

}  // namespace sluice::load

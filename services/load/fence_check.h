// Whether a sink and the log that feeds it still fit together. The only place that judges it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/stream/log.h"
#include "load/sink.h"

namespace sluice::load {

// The topic that feeds a sink.
struct FeedingTopic {
  std::string name;
  stream::TopicId id = 0;
};

// Records the log knows were loaded, in all partitions; at most what the sink has.
absl::StatusOr<uint64_t> GivenRecords(stream::Log& log, stream::TopicId topic);

// The sink's fences of these partitions. FailedPrecondition: another log fed it, or it was removed,
// replaced or emptied, for it lacks a fence that the log knows of. OutOfRange: it stands beyond the
// end of the log, which has lost records, so that nothing may be written to it.
absl::StatusOr<std::vector<Fence>> ReadFittingFences(Sink& sink, stream::Log& log,
                                                     const FeedingTopic& topic,
                                                     std::span<const uint32_t> partitions);

// Whether the log knows what the sink has told it. A fence beyond what the log knows of is that of
// a loader that ended between its last commit and its message, which still waits in the sink; else
// OutOfRange: the log is older than the sink. For who opens a sink that nobody else loads.
absl::Status CheckLogKnows(Sink& sink, stream::Log& log, const FeedingTopic& topic);

// Why the fence could not be moved `from` where it does not stand: Aborted, or FailedPrecondition
// when it is another log's. `fences` is what the sink has of the topic.
absl::Status FenceIsElsewhere(const Sink& sink, const Fence& from,
                              const std::vector<Fence>& fences);

// What there is to say of a sink that belongs to another log.
absl::Status FedFromElsewhere(std::string_view name, std::string_view log_id);

// What there is to say of a sink that does not know what it was given.
absl::Status SinkIsLost(std::string_view name, uint64_t given);

}  // namespace sluice::load

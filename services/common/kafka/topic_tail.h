// Reads all partitions of somebody's topic from given offsets on, without a group: who reads keeps
// the offsets itself. Partitions that are added are found, and read from their start.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/kafka/client.h"

namespace sluice::kafka {

// Where the next record of each partition is; a partition that is not named is read from its start.
using TailOffsets = std::map<uint32_t, uint64_t>;

// Thread-compatible; one thread polls.
class TopicTail : private ClientEvents {
 public:
  // Views are valid during the call. No value = tombstone.
  using Visitor = std::function<void(uint32_t partition, uint64_t offset,
                                     std::optional<std::string_view> value)>;

  // Only committed records are seen. FailedPrecondition when there is no such topic. The clock
  // outlives it.
  static absl::StatusOr<std::unique_ptr<TopicTail>> Open(const KafkaSettings& settings,
                                                         const std::string& topic,
                                                         const TailOffsets& from,
                                                         const base::Clock& clock);
  ~TopicTail() override;

  // Visits what is there, at most so many records; waits for the first at most as long.
  // OutOfRange when records were deleted before they were read.
  absl::Status Poll(size_t records_max, absl::Duration patience, const Visitor& visit);

 private:
  TopicTail(const KafkaSettings& settings, std::string topic, TailOffsets from,
            const base::Clock& clock)
      : settings_(settings), topic_(std::move(topic)), next_(std::move(from)), clock_(clock) {}
  absl::StatusOr<uint32_t> CountPartitions();
  // Assigns every partition at its next offset.
  absl::Status Assign(uint32_t partitions);
  absl::Status LookForPartitions();
  absl::Status Take(const rd_kafka_message_t& message, const Visitor& visit);

  const KafkaSettings settings_;
  const std::string topic_;
  TailOffsets next_;
  const base::Clock& clock_;
  std::unique_ptr<Client> client_;
  uint32_t partitions_ = 0;
  int64_t looked_at_nanos_ = 0;
};

}  // namespace sluice::kafka

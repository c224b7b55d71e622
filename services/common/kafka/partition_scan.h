// Reads one partition of a compacted topic from an offset to its committed end, for tables and
// changelogs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/kafka/client.h"

namespace sluice::kafka {

// The first offset kept, and the one behind the last that readers of committed records may see.
struct Bounds {
  uint64_t start = 0;
  uint64_t end = 0;
};
absl::StatusOr<Bounds> QueryBounds(const Client& reader, const std::string& topic,
                                   uint32_t partition, absl::Duration timeout);

// Thread-compatible. The reader outlives it and is used by one scan at a time.
class PartitionScan {
 public:
  // Views are valid during the call. No value = tombstone.
  using Visitor = std::function<void(uint64_t offset, std::string_view key,
                                     std::optional<std::string_view> value)>;

  // `from` is not below the partition's start.
  static absl::StatusOr<std::unique_ptr<PartitionScan>> Begin(const Client& reader,
                                                              const std::string& topic,
                                                              uint32_t partition, uint64_t from,
                                                              uint64_t end);
  ~PartitionScan();
  PartitionScan(const PartitionScan&) = delete;
  PartitionScan& operator=(const PartitionScan&) = delete;

  // Visits what comes within the time; true when everything below the end was visited.
  absl::StatusOr<bool> Step(absl::Duration budget, const Visitor& visit);
  // Where the next record is.
  uint64_t next_offset() const { return next_; }

 private:
  PartitionScan(const Client& reader, const std::string& topic, uint32_t partition, uint64_t from,
                uint64_t end)
      : reader_(reader), topic_(topic), partition_(partition), next_(from), end_(end) {}
  absl::Status Assign();
  absl::Status Take(const rd_kafka_message_t& message, const Visitor& visit);
  // Passes what readers do not see: markers and aborted records.
  void FollowPosition();

  const Client& reader_;
  const std::string topic_;
  const uint32_t partition_;
  uint64_t next_;
  const uint64_t end_;
  // The position that an earlier scan has left.
  int64_t stale_position_ = RD_KAFKA_OFFSET_INVALID;
};

}  // namespace sluice::kafka

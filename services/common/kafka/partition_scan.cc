#include "common/kafka/partition_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/kafka/error.h"

namespace sluice::kafka {
namespace {

int64_t PositionOf(const Client& reader, const std::string& topic, uint32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<int32_t>(partition));
  rd_kafka_position(reader.get(), list.get());
  return entry->offset;
}

}  // namespace

absl::StatusOr<Bounds> QueryBounds(const Client& reader, const std::string& topic,
                                   uint32_t partition, absl::Duration timeout) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      reader.get(), topic.c_str(), static_cast<int32_t>(partition), &low, &high,
      static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  SLUICE_RETURN_IF_ERROR(
      ToStatus(error, fmt::format("cannot ask for the end of {} [{}]", topic, partition)));
  return Bounds{static_cast<uint64_t>(low), static_cast<uint64_t>(std::max(low, high))};
}

absl::StatusOr<std::unique_ptr<PartitionScan>> PartitionScan::Begin(const Client& reader,
                                                                    const std::string& topic,
                                                                    uint32_t partition,
                                                                    uint64_t from, uint64_t end) {
  std::unique_ptr<PartitionScan> scan(new PartitionScan(reader, topic, partition, from, end));
  if (from < end) SLUICE_RETURN_IF_ERROR(scan->Assign());
  return scan;
}

absl::Status PartitionScan::Assign() {
  stale_position_ = PositionOf(reader_, topic_, partition_);
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), static_cast<int32_t>(partition_))
      ->offset = static_cast<int64_t>(next_);
  return ToStatus(rd_kafka_assign(reader_.get(), list.get()),
                  fmt::format("cannot read {} [{}]", topic_, partition_));
}

PartitionScan::~PartitionScan() {
  rd_kafka_assign(reader_.get(), nullptr);
}

absl::StatusOr<bool> PartitionScan::Step(absl::Duration budget, const Visitor& visit) {
  constexpr int kPollMs = 10;
  const absl::Time deadline = absl::Now() + budget;
  for (uint32_t polled = 0; next_ < end_; ++polled) {
    const Message message(rd_kafka_consumer_poll(reader_.get(), kPollMs));
    if (message == nullptr) {
      FollowPosition();
    } else {
      SLUICE_RETURN_IF_ERROR(Take(*message, visit));
    }
    constexpr uint32_t kLookAtClockEvery = 256;
    if ((message == nullptr || polled % kLookAtClockEvery == 0) && absl::Now() >= deadline) break;
  }
  return next_ >= end_;
}

absl::Status PartitionScan::Take(const rd_kafka_message_t& message, const Visitor& visit) {
  const bool ours = message.rkt != nullptr && topic_ == rd_kafka_topic_name(message.rkt) &&
                    message.partition == static_cast<int32_t>(partition_);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (ours) next_ = std::max(next_, static_cast<uint64_t>(message.offset));
    return absl::OkStatus();
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(message.err, fmt::format("cannot read {} [{}]", topic_, partition_),
                    rd_kafka_message_errstr(&message));
  }
  // Else a message of an earlier scan that was still on its way.
  if (!ours || message.offset < static_cast<int64_t>(next_)) return absl::OkStatus();
  std::optional<std::string_view> value;
  if (message.payload != nullptr) {
    value = std::string_view(static_cast<const char*>(message.payload), message.len);
  }
  visit(static_cast<uint64_t>(message.offset),
        {static_cast<const char*>(message.key), message.key_len}, value);
  next_ = static_cast<uint64_t>(message.offset) + 1;
  stale_position_ = RD_KAFKA_OFFSET_INVALID;
  return absl::OkStatus();
}

void PartitionScan::FollowPosition() {
  const int64_t position = PositionOf(reader_, topic_, partition_);
  if (position == stale_position_) return;
  next_ = std::max<uint64_t>(next_, std::max<int64_t>(position, 0));
}

}  // namespace sluice::kafka

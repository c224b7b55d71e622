#include "common/kafka/topic_tail.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/kafka/error.h"

namespace sluice::kafka {
namespace {

constexpr int64_t kLookEveryNanos = 30'000'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<TopicTail>> TopicTail::Open(const KafkaSettings& settings,
                                                           const std::string& topic,
                                                           const TailOffsets& from,
                                                           const base::Clock& clock) {
  SLUICE_RETURN_IF_ERROR(settings.Validate());
  std::unique_ptr<TopicTail> tail(new TopicTail(settings, topic, from, clock));
  SLUICE_ASSIGN_OR_RETURN(auto configuration, ReaderConfiguration(settings, "sluice.tail"));
  // Who follows a topic for hours asks rarely; a record that comes is answered with at once.
  SLUICE_RETURN_IF_ERROR(SetProperty(*configuration, "fetch.wait.max.ms", "500"));
  SLUICE_ASSIGN_OR_RETURN(tail->client_, Client::Create(RD_KAFKA_CONSUMER, std::move(configuration),
                                                        *tail, settings.close_timeout));
  SLUICE_ASSIGN_OR_RETURN(const uint32_t partitions, tail->CountPartitions());
  SLUICE_RETURN_IF_ERROR(tail->Assign(partitions));
  return tail;
}

TopicTail::~TopicTail() {
  if (client_ != nullptr) rd_kafka_assign(client_->get(), nullptr);
}

absl::StatusOr<uint32_t> TopicTail::CountPartitions() {
  looked_at_nanos_ = clock_.MonotonicNanos();
  const struct rd_kafka_metadata* metadata = nullptr;
  // All topics: asking for one by name would make some brokers create it.
  SLUICE_RETURN_IF_ERROR(ToStatus(
      rd_kafka_metadata(client_->get(), 1, nullptr, &metadata,
                        static_cast<int>(absl::ToInt64Milliseconds(settings_.request_timeout))),
      fmt::format("cannot ask Kafka at {} for its topics", settings_.brokers)));
  uint32_t partitions = 0;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (topic_ != metadata->topics[i].topic) continue;
    partitions = static_cast<uint32_t>(metadata->topics[i].partition_cnt);
  }
  rd_kafka_metadata_destroy(metadata);
  if (partitions > 0) return partitions;
  return absl::FailedPreconditionError(fmt::format("Kafka has no topic {}", topic_));
}

absl::Status TopicTail::Assign(uint32_t partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions)));
  for (uint32_t partition = 0; partition < partitions; ++partition) {
    const auto next = next_.find(partition);
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), static_cast<int32_t>(partition))
        ->offset =
        next == next_.end() ? RD_KAFKA_OFFSET_BEGINNING : static_cast<int64_t>(next->second);
  }
  partitions_ = partitions;
  return ToStatus(rd_kafka_assign(client_->get(), list.get()),
                  fmt::format("cannot read {}", topic_));
}

absl::Status TopicTail::LookForPartitions() {
  if (clock_.MonotonicNanos() - looked_at_nanos_ < kLookEveryNanos) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const uint32_t partitions, CountPartitions());
  return partitions == partitions_ ? absl::OkStatus() : Assign(partitions);
}

absl::Status TopicTail::Poll(size_t records_max, absl::Duration patience, const Visitor& visit) {
  SLUICE_RETURN_IF_ERROR(LookForPartitions());
  auto wait = static_cast<int>(absl::ToInt64Milliseconds(patience));
  for (size_t taken = 0; taken < records_max; ++taken) {
    const Message message(rd_kafka_consumer_poll(client_->get(), wait));
    if (message == nullptr) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(Take(*message, visit));
    wait = 0;
  }
  return absl::OkStatus();
}

absl::Status TopicTail::Take(const rd_kafka_message_t& message, const Visitor& visit) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return absl::OkStatus();
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    return absl::OutOfRangeError(fmt::format(
        "records of {} [{}] were deleted before they were read: keep them longer, and start "
        "another import",
        topic_, message.partition));
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(message.err, fmt::format("cannot read {} [{}]", topic_, message.partition),
                    rd_kafka_message_errstr(&message));
  }
  const auto partition = static_cast<uint32_t>(message.partition);
  const auto offset = static_cast<uint64_t>(message.offset);
  // One of an earlier assignment that was still on its way.
  const auto next = next_.find(partition);
  if (next != next_.end() && offset < next->second) return absl::OkStatus();
  next_[partition] = offset + 1;
  std::optional<std::string_view> value;
  if (message.payload != nullptr) {
    value = std::string_view(static_cast<const char*>(message.payload), message.len);
  }
  visit(partition, offset, value);
  return absl::OkStatus();
}

}  // namespace sluice::kafka

#include "common/kafka/kafka_offsets.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_log.h"

namespace sluice::kafka {

absl::StatusOr<Event> AskAdmin(
    const Client& client, rd_kafka_admin_op_t operation, absl::Duration timeout,
    const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send,
    Unsettled unsettled) {
  const AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
  const auto milliseconds = static_cast<int>(absl::ToInt64Milliseconds(timeout));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds, nullptr, 0);
  if (operation == RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS && unsettled == Unsettled::kWaitFor) {
    const Error refused(rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), 1));
    if (refused != nullptr) return ToStatus(*refused, "cannot ask for stable offsets");
  }
  const Queue queue(rd_kafka_queue_new(client.get()));
  send(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), 2 * milliseconds));
  if (event == nullptr) return absl::UnavailableError("the brokers do not answer");
  SLUICE_RETURN_IF_ERROR(ToStatus(rd_kafka_event_error(event.get()), "the brokers refuse",
                                  rd_kafka_event_error_string(event.get())));
  return event;
}

std::string GroupName(std::string_view topic, std::string_view group) {
  return fmt::format("{}.{}", topic, group);
}

absl::StatusOr<std::optional<uint64_t>> AskCommitted(const Client& client,
                                                     const std::string& group_name,
                                                     const std::string& topic, uint32_t partition,
                                                     absl::Duration timeout, Unsettled unsettled) {
  const PartitionList wanted(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), static_cast<int32_t>(partition));
  rd_kafka_ListConsumerGroupOffsets_t* request =
      rd_kafka_ListConsumerGroupOffsets_new(group_name.c_str(), wanted.get());
  auto event = AskAdmin(
      client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout,
      [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_ListConsumerGroupOffsets(client.get(), &request, 1, options, queue);
      },
      unsettled);
  rd_kafka_ListConsumerGroupOffsets_destroy(request);
  if (!event.ok()) {
    return base::Annotate(event.status(),
                          fmt::format("cannot ask for the offsets of the group {}", group_name));
  }
  size_t groups = 0;
  const auto* const result = rd_kafka_event_ListConsumerGroupOffsets_result(event->get());
  const rd_kafka_group_result_t** const listed =
      rd_kafka_ListConsumerGroupOffsets_result_groups(result, &groups);
  if (groups != 1) return absl::InternalError("the answer of the brokers has no group");
  const rd_kafka_error_t* const error = rd_kafka_group_result_error(listed[0]);
  if (error != nullptr) return ToStatus(*error, fmt::format("no offsets of {}", group_name));
  const rd_kafka_topic_partition_list_t* const offsets =
      rd_kafka_group_result_partitions(listed[0]);
  if (offsets == nullptr || offsets->cnt != 1) return std::optional<uint64_t>();
  SLUICE_RETURN_IF_ERROR(
      ToStatus(offsets->elems[0].err, fmt::format("no offset of {}", group_name)));
  if (offsets->elems[0].offset < 0) return std::optional<uint64_t>();
  return std::optional<uint64_t>(static_cast<uint64_t>(offsets->elems[0].offset));
}

absl::StatusOr<uint64_t> KafkaOffsets::Start(stream::TopicPartition of) {
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds,
                          QueryBounds(log_.reader(), log_.TopicName(of.topic), of.partition,
                                      log_.settings().request_timeout));
  return bounds.start;
}

absl::StatusOr<uint64_t> KafkaOffsets::End(stream::TopicPartition of) {
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds,
                          QueryBounds(log_.reader(), log_.TopicName(of.topic), of.partition,
                                      log_.settings().request_timeout));
  return bounds.end;
}

absl::StatusOr<std::optional<uint64_t>> KafkaOffsets::Committed(std::string_view group,
                                                                stream::TopicPartition of) {
  return AskCommitted(log_.reader(), log_.GroupId(group, of.topic), log_.TopicName(of.topic),
                      of.partition, log_.settings().request_timeout, Unsettled::kWaitFor);
}

}  // namespace sluice::kafka

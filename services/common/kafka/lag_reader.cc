#include "common/kafka/lag_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/kafka/configuration.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_offsets.h"
#include "common/kafka/partition_scan.h"
#include "common/kafka/record_headers.h"

namespace sluice::kafka {
absl::StatusOr<std::unique_ptr<LagReader>> LagReader::Open(const KafkaSettings& settings,
                                                           const std::string& name,
                                                           KafkaObserver& observer) {
  std::unique_ptr<LagReader> reader(new LagReader(settings, name, observer));
  SLUICE_ASSIGN_OR_RETURN(auto configuration, ReaderConfiguration(settings, name));
  // One batch is enough: nothing is read ahead.
  SLUICE_RETURN_IF_ERROR(SetProperty(*configuration, "fetch.message.max.bytes", "1024"));
  SLUICE_RETURN_IF_ERROR(SetProperty(*configuration, "queued.min.messages", "1"));
  SLUICE_RETURN_IF_ERROR(SetProperty(*configuration, "queued.max.messages.kbytes", "1"));
  SLUICE_ASSIGN_OR_RETURN(
      reader->client_,
      Client::Create(RD_KAFKA_CONSUMER, std::move(configuration), *reader, settings.close_timeout));
  return reader;
}

void LagReader::OnLog(int level, std::string_view text) {
  complaint_.Hear(level, text);
  constexpr int kSyslogError = 3;
  // The runners' clients tell of lost connections already.
  if (level < kSyslogError) observer_.OnMessage(Severity::kWarning, name_, text);
}

absl::Status LagReader::Ask() {
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client_->get(), 0, nullptr, &metadata,
                        static_cast<int>(absl::ToInt64Milliseconds(settings_.request_timeout)));
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return complaint_.Explain(
      absl::UnavailableError(fmt::format("Kafka does not answer at {} (kafka.brokers): {}",
                                         settings_.brokers, rd_kafka_err2str(error))),
      settings_);
}

absl::StatusOr<Lag> LagReader::Measure(const std::string& topic, std::string_view group,
                                       uint32_t partition) {
  SLUICE_ASSIGN_OR_RETURN(const auto committed,
                          AskCommitted(*client_, GroupName(topic, group), topic, partition,
                                       settings_.request_timeout, Unsettled::kIgnore));
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds,
                          QueryBounds(*client_, topic, partition, settings_.request_timeout));
  const uint64_t from = std::max(committed.value_or(bounds.start), bounds.start);
  Lag lag;
  if (from >= bounds.end) return lag;
  SLUICE_ASSIGN_OR_RETURN(const auto first, First(topic, partition, from));
  // What is left are markers, which nobody reads.
  if (!first.has_value()) return lag;
  lag.oldest = first->written;
  lag.records = (bounds.end - from) * first->records;
  return lag;
}

absl::StatusOr<std::optional<LagReader::Message>> LagReader::First(const std::string& topic,
                                                                   uint32_t partition,
                                                                   uint64_t from) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<int32_t>(partition))
      ->offset = static_cast<int64_t>(from);
  const auto what = fmt::format("cannot look at {} [{}]", topic, partition);
  SLUICE_RETURN_IF_ERROR(ToStatus(rd_kafka_assign(client_->get(), list.get()), what));
  struct Unassign {
    rd_kafka_t* client;
    ~Unassign() { rd_kafka_assign(client, nullptr); }
  } const unassign{client_->get()};
  constexpr int kPollMs = 100;
  const absl::Time deadline = absl::Now() + settings_.request_timeout;
  while (absl::Now() < deadline) {
    const kafka::Message message(rd_kafka_consumer_poll(client_->get(), kPollMs));
    if (message == nullptr) continue;
    // Else of a look before this one, and still on its way.
    const bool ours = message->rkt != nullptr && topic == rd_kafka_topic_name(message->rkt) &&
                      message->partition == static_cast<int32_t>(partition) &&
                      message->offset >= static_cast<int64_t>(from);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (ours) return std::optional<Message>();
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return ToStatus(message->err, what, rd_kafka_message_errstr(message.get()));
    }
    if (!ours) continue;
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t written = rd_kafka_message_timestamp(message.get(), &type);
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
      return absl::InternalError(fmt::format("{}: a record has no time", what));
    }
    const uint64_t block_records = DecodeHeaders(*message).block_records;
    return std::optional<Message>(
        {absl::FromUnixMillis(written), std::max<uint64_t>(block_records, 1)});
  }
  return absl::UnavailableError(fmt::format("{}: the brokers do not answer", what));
}

}  // namespace sluice::kafka

#include "tests/testing/kafka_watcher.h"

#include <gtest/gtest.h>

#include <array>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace sluice::testing {
namespace {

rd_kafka_t* Connect(const std::string& brokers, const char* isolation) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 256> error{};
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
  rd_kafka_conf_set(conf, "group.id", "watcher", error.data(), error.size());
  rd_kafka_conf_set(conf, "isolation.level", isolation, error.data(), error.size());
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", error.data(), error.size());
  rd_kafka_conf_set(conf, "enable.auto.commit", "false", error.data(), error.size());
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size());
  SLUICE_CHECK(client != nullptr, error.data());
  return client;
}

WatchedMessage Copy(const rd_kafka_message_t& message) {
  WatchedMessage copy;
  copy.partition = static_cast<uint32_t>(message.partition);
  copy.offset = static_cast<uint64_t>(message.offset);
  copy.key.assign(static_cast<const char*>(message.key), message.key_len);
  copy.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return copy;
  const char* name = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    copy.headers[name].assign(static_cast<const char*>(bytes), size);
  }
  return copy;
}

}  // namespace

KafkaWatcher::KafkaWatcher(const std::string& brokers)
    : committed_(Connect(brokers, "read_committed")),
      written_(Connect(brokers, "read_uncommitted")) {}

KafkaWatcher::~KafkaWatcher() {
  rd_kafka_destroy(committed_);
  rd_kafka_destroy(written_);
}

int64_t KafkaWatcher::End(rd_kafka_t* client, const std::string& topic, uint32_t partition) {
  int64_t low = 0;
  int64_t high = -1;
  rd_kafka_query_watermark_offsets(client, topic.c_str(), static_cast<int32_t>(partition), &low,
                                   &high, 5000);
  return high;
}

void KafkaWatcher::AwaitSettled(const std::string& topic, uint32_t partitions) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (uint32_t partition = 0; partition < partitions; ++partition) {
    while (true) {
      const int64_t written = End(written_, topic, partition);
      if (written >= 0 && written == End(committed_, topic, partition)) break;
      ASSERT_LT(absl::Now(), deadline) << topic << " has an open transaction";
    }
  }
}

std::vector<WatchedMessage> KafkaWatcher::ReadCommitted(const std::string& topic,
                                                        uint32_t partitions) {
  AwaitSettled(topic, partitions);
  std::vector<WatchedMessage> messages;
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  for (uint32_t p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), static_cast<int32_t>(p))->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  EXPECT_EQ(rd_kafka_assign(committed_, list), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_topic_partition_list_destroy(list);
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  for (uint32_t ended = 0; ended < partitions;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(committed_, 1000);
    if (message == nullptr) {
      if (absl::Now() < deadline) continue;
      ADD_FAILURE() << topic << " cannot be read to its end";
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) messages.push_back(Copy(*message));
    rd_kafka_message_destroy(message);
  }
  rd_kafka_assign(committed_, nullptr);
  return messages;
}

}  // namespace sluice::testing

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
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size());
  SLUICE_CHECK(client != nullptr, error.data());
  return client;
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

}  // namespace sluice::testing

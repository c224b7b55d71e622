// Looks at a broker past the log under test: what is there, committed or not.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <vector>

#include "common/kafka/kafka_settings.h"

namespace sluice::testing {

struct WatchedMessage {
  uint32_t partition = 0;
  uint64_t offset = 0;
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;
};

// Thread-compatible.
class KafkaWatcher {
 public:
  explicit KafkaWatcher(const std::string& brokers);
  ~KafkaWatcher();
  KafkaWatcher(const KafkaWatcher&) = delete;
  KafkaWatcher& operator=(const KafkaWatcher&) = delete;

  // Waits until no transaction is open or being settled in the partitions of a topic. Fails the
  // test when that does not happen.
  void AwaitSettled(const std::string& topic, uint32_t partitions);
  // All that is committed now, a partition behind the other. Fails the test when it cannot be read.
  std::vector<WatchedMessage> ReadCommitted(const std::string& topic, uint32_t partitions);

 private:
  int64_t End(rd_kafka_t* client, const std::string& topic, uint32_t partition);

  rd_kafka_t* committed_;
  rd_kafka_t* written_;
};

}  // namespace sluice::testing

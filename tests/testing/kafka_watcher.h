// Looks at a broker past the log under test: what is there, committed or not.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "common/kafka/kafka_settings.h"

namespace sluice::testing {

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

 private:
  int64_t End(rd_kafka_t* client, const std::string& topic, uint32_t partition);

  rd_kafka_t* committed_;
  rd_kafka_t* written_;
};

}  // namespace sluice::testing

// What Kafka knows of partitions and groups, asked for by the log handle's reader.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/kafka/client.h"
#include "common/stream/log.h"

namespace sluice::kafka {

class KafkaLog;

struct EventDelete {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventDelete>;

struct AdminOptionsDelete {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsDelete>;

// What to do about an offset that a transaction has sent and not yet ended with.
enum class Unsettled { kWaitFor, kIgnore };

// Sends a request of the admin interface and waits for its answer, at most twice the time.
absl::StatusOr<Event> AskAdmin(
    const Client& client, rd_kafka_admin_op_t operation, absl::Duration timeout,
    const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send,
    Unsettled unsettled = Unsettled::kWaitFor);

// The name in Kafka of a group that reads a topic. Each topic is read in a group of its own: a
// member that comes or goes moves only its partitions.
std::string GroupName(std::string_view topic, std::string_view group);

// The offset a group (its name in Kafka) has committed; nothing when it never did.
absl::StatusOr<std::optional<uint64_t>> AskCommitted(const Client& client,
                                                     const std::string& group_name,
                                                     const std::string& topic, uint32_t partition,
                                                     absl::Duration timeout, Unsettled unsettled);

// Thread-safe. The log outlives it.
class KafkaOffsets : public stream::Offsets {
 public:
  explicit KafkaOffsets(KafkaLog& log) : log_(log) {}
  absl::StatusOr<uint64_t> Start(stream::TopicPartition of) override;
  // Behind the last record that readers may see, and its marker: the number of records below it is
  // smaller than the difference of offsets.
  absl::StatusOr<uint64_t> End(stream::TopicPartition of) override;
  // Waits for the end of a transaction that has sent the offset.
  absl::StatusOr<std::optional<uint64_t>> Committed(std::string_view group,
                                                    stream::TopicPartition of) override;

 private:
  KafkaLog& log_;
};

}  // namespace sluice::kafka

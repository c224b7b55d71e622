// One librdkafka instance: made from a configuration, closed within a bounded time.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/kafka/configuration.h"

namespace sluice::kafka {

// What an instance calls back. OnLog and OnError may come from threads of librdkafka, OnRebalance
// comes from the one that polls.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  // `level` as syslog's.
  virtual void OnLog(int /*level*/, std::string_view /*text*/) {}
  virtual void OnError(rd_kafka_resp_err_t, std::string_view /*reason*/) {}
  // Must call rd_kafka_assign, now or later. Comes also while the client is being closed.
  virtual void OnRebalance(rd_kafka_t&, rd_kafka_resp_err_t,
                           const rd_kafka_topic_partition_list_t&) {}
};

// Thread-safe as rd_kafka_t.
class Client {
 public:
  // `events` outlives the client.
  static absl::StatusOr<std::unique_ptr<Client>> Create(rd_kafka_type_t type,
                                                        Configuration configuration,
                                                        ClientEvents& events,
                                                        absl::Duration close_timeout);
  // Drops what was not sent. A member of a group stays one until its session times out, so that
  // its successor of the same name gets the same partitions. What librdkafka cannot close in time
  // is left to the end of the process.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return client_; }

 private:
  // What librdkafka calls, also after the client was abandoned.
  struct Relay;

  Client(rd_kafka_t* client, std::shared_ptr<Relay> relay, absl::Duration close_timeout)
      : client_(client), relay_(std::move(relay)), close_timeout_(close_timeout) {}
  static void Log(const rd_kafka_t* client, int level, const char* facility, const char* text);
  static void Failed(rd_kafka_t* client, int error, const char* reason, void* opaque);
  static void Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque);
  void CloseConsumer(absl::Time deadline);

  rd_kafka_t* const client_;
  const std::shared_ptr<Relay> relay_;
  const absl::Duration close_timeout_;
};

struct PartitionListDelete {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDelete>;

struct QueueDelete {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDelete>;

struct MessageDelete {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageDelete>;

}  // namespace sluice::kafka

#include "common/kafka/client.h"

#include <fmt/format.h>

#include <array>
#include <thread>

#include "absl/time/clock.h"
#include "common/base/mutex.h"

namespace sluice::kafka {

struct Client::Relay {
  base::Mutex mutex;
  // Null once nobody listens any more.
  ClientEvents* events ABSL_GUARDED_BY(mutex) = nullptr;
};

void Client::Log(const rd_kafka_t* client, int level, const char*, const char* text) {
  auto* const relay = static_cast<Relay*>(rd_kafka_opaque(client));
  // While an instance is being made it has no opaque.
  if (relay == nullptr) return;
  base::MutexLock lock(&relay->mutex);
  if (relay->events != nullptr) relay->events->OnLog(level, text);
}

void Client::Failed(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* const relay = static_cast<Relay*>(opaque);
  base::MutexLock lock(&relay->mutex);
  if (relay->events != nullptr) {
    relay->events->OnError(static_cast<rd_kafka_resp_err_t>(error), reason);
  }
}

void Client::Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error,
                       rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  // Comes from the thread that polls, which owns the events; it may well log meanwhile.
  ClientEvents* events = nullptr;
  {
    auto* const relay = static_cast<Relay*>(opaque);
    base::MutexLock lock(&relay->mutex);
    events = relay->events;
  }
  if (events != nullptr) events->OnRebalance(*client, error, *partitions);
}

namespace {

// Destroys an instance on a thread of its own, which may outlive the caller: librdkafka 2.0.2 can
// wait for ever for a partition that was lost.
// `relay` must live as long as the instance.
void DestroyWithin(rd_kafka_t* client, int flags, std::shared_ptr<void> relay,
                   absl::Duration timeout) {
  struct Progress {
    base::Mutex mutex;
    bool done ABSL_GUARDED_BY(mutex) = false;
  };
  const auto progress = std::make_shared<Progress>();
  std::thread closing([client, flags, relay = std::move(relay), progress] {
    rd_kafka_destroy_flags(client, flags);
    base::MutexLock lock(&progress->mutex);
    progress->done = true;
  });
  bool done = false;
  {
    base::MutexLock lock(&progress->mutex);
    done = progress->mutex.AwaitWithTimeout(base::Condition(&progress->done), timeout);
  }
  if (done) {
    closing.join();
  } else {
    closing.detach();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(rd_kafka_type_t type,
                                                       Configuration configuration,
                                                       ClientEvents& events,
                                                       absl::Duration close_timeout) {
  const auto relay = std::make_shared<Relay>();
  {
    base::MutexLock lock(&relay->mutex);
    relay->events = &events;
  }
  rd_kafka_conf_set_opaque(configuration.get(), relay.get());
  rd_kafka_conf_set_log_cb(configuration.get(), &Log);
  rd_kafka_conf_set_error_cb(configuration.get(), &Failed);
  if (type == RD_KAFKA_CONSUMER) rd_kafka_conf_set_rebalance_cb(configuration.get(), &Rebalance);
  std::array<char, 512> error{};
  rd_kafka_t* const made = rd_kafka_new(type, configuration.get(), error.data(), error.size());
  if (made == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("the settings of Kafka are refused: {}", error.data()));
  }
  // The instance owns it now.
  static_cast<void>(configuration.release());
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(made);
  return std::unique_ptr<Client>(new Client(made, relay, close_timeout));
}

Client::~Client() {
  const absl::Time deadline = absl::Now() + close_timeout_;
  int flags = 0;
  if (rd_kafka_type(client_) == RD_KAFKA_CONSUMER) {
    CloseConsumer(deadline);
    flags = RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE;
  } else {
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_poll(client_, 0);
  }
  {
    base::MutexLock lock(&relay_->mutex);
    relay_->events = nullptr;
  }
  DestroyWithin(client_, flags, relay_, std::max(deadline - absl::Now(), absl::Seconds(1)));
}

void Client::CloseConsumer(absl::Time deadline) {
  const Queue queue(rd_kafka_queue_new(client_));
  rd_kafka_error_t* const refused = rd_kafka_consumer_close_queue(client_, queue.get());
  if (refused != nullptr) {
    rd_kafka_error_destroy(refused);
    return;
  }
  constexpr int kPollMs = 20;
  while (rd_kafka_consumer_closed(client_) == 0 && absl::Now() < deadline) {
    // As events: librdkafka stops the process when a record that nobody took meets a callback.
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue.get(), kPollMs);
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) rd_kafka_assign(client_, nullptr);
    rd_kafka_event_destroy(event);
  }
}

}  // namespace sluice::kafka

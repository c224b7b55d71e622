// What a group has not read of a partition yet, for metrics: asked for by a client of its own, so
// that no runner waits for the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/kafka/client.h"
#include "common/kafka/connection_complaint.h"
#include "common/kafka/kafka_observer.h"
#include "common/kafka/kafka_settings.h"

namespace sluice::kafka {

struct Lag {
  // Offsets from the group's committed one to the end times the records of the oldest block: about
  // right, with the markers of transactions and what was aborted, but 0 when there is nothing else.
  uint64_t records = 0;
  // When the oldest of them was written; nothing when there is none.
  std::optional<absl::Time> oldest;
};

// Thread-compatible. The observer outlives it.
class LagReader : private ClientEvents {
 public:
  // `name` is that of the client, for the brokers' logs.
  static absl::StatusOr<std::unique_ptr<LagReader>> Open(const KafkaSettings& settings,
                                                         const std::string& name,
                                                         KafkaObserver& observer);

  // Whether the brokers answer. Unavailable when they do not.
  absl::Status Ask();
  // Of a group as sources have it (`stream::RecordSource`), which reads this topic. Unavailable
  // when the brokers do not answer; takes three requests when there is nothing to read, and fetches
  // one more batch of the partition otherwise.
  absl::StatusOr<Lag> Measure(const std::string& topic, std::string_view group, uint32_t partition);

 private:
  LagReader(const KafkaSettings& settings, std::string name, KafkaObserver& observer)
      : settings_(settings), name_(std::move(name)), observer_(observer) {}
  void OnLog(int level, std::string_view text) override;
  struct Message {
    absl::Time written;
    uint64_t records = 1;
  };
  // The first message at or above `from` that readers of committed records see.
  absl::StatusOr<std::optional<Message>> First(const std::string& topic, uint32_t partition,
                                               uint64_t from);

  const KafkaSettings settings_;
  const std::string name_;
  KafkaObserver& observer_;
  ConnectionComplaint complaint_;
  std::unique_ptr<Client> client_;
};

}  // namespace sluice::kafka

// Creating and checking the topics: nothing else creates one, and one that is not as it must be is
// refused before it can lose anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/kafka/client.h"
#include "common/kafka/connection_complaint.h"
#include "common/kafka/kafka_settings.h"
#include "common/stream/topics.h"

namespace sluice::kafka {

enum class Cleanup {
  kDelete,            // records go when they are old
  kCompact,           // the latest of each key stays
  kCompactAndDelete,  // both
};

struct TopicSpec {
  std::string name;
  Cleanup cleanup = Cleanup::kDelete;
  // Records are kept at least as long; nothing = for ever.
  std::optional<absl::Duration> retention;
};

struct TopicPolicy {
  int replication_factor = 3;
  int min_insync_replicas = 2;
  // How far back an import can be read again.
  absl::Duration raw_retention = absl::Hours(24 * 7);
  // Records on their way, and results.
  absl::Duration retention = absl::Hours(24 * 3);
  // What was refused can be looked into as long as an import can be rolled back.
  absl::Duration quarantine_retention = absl::Hours(24 * 30);
  // Claims go with their round; this bounds what an import that never ends leaves behind.
  absl::Duration dedup_retention = absl::Hours(24 * 30);
};

// The topics of an installation that feeds these sinks.
std::vector<TopicSpec> TopicsFor(const stream::Topics& names, const std::vector<std::string>& sinks,
                                 const TopicPolicy& policy);

// Thread-compatible.
class TopicAdmin : private ClientEvents {
 public:
  static absl::StatusOr<std::unique_ptr<TopicAdmin>> Open(const KafkaSettings& settings,
                                                          const TopicPolicy& policy);

  // Creates what is missing; the names of what was created. What is there is left as it is.
  absl::StatusOr<std::vector<std::string>> Create(const std::vector<TopicSpec>& topics);
  // FailedPrecondition names every topic that is missing, and every setting that would lose
  // records or mix them up, with what it must be.
  absl::Status Check(const std::vector<TopicSpec>& topics);

 private:
  void OnLog(int level, std::string_view text) override { complaint_.Hear(level, text); }
  TopicAdmin(const KafkaSettings& settings, const TopicPolicy& policy)
      : settings_(settings), policy_(policy) {}
  // Nothing when the topic does not exist.
  absl::StatusOr<std::optional<uint32_t>> Partitions(const std::string& topic);
  // False when it was there.
  absl::StatusOr<bool> CreateOne(const TopicSpec& topic);
  absl::Status AwaitVisible(const std::vector<std::string>& topics);
  absl::StatusOr<std::vector<std::string>> Findings(const TopicSpec& topic);

  const KafkaSettings settings_;
  const TopicPolicy policy_;
  ConnectionComplaint complaint_;
  std::unique_ptr<Client> client_;
};

}  // namespace sluice::kafka

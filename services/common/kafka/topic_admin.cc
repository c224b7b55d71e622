#include "common/kafka/topic_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_offsets.h"

namespace sluice::kafka {
namespace {

struct NewTopicDelete {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
// What one request may take; all together may take request_timeout.
constexpr absl::Duration kAttempt = absl::Seconds(5);

struct ResourceDelete {
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
};

std::string CleanupName(Cleanup cleanup) {
  switch (cleanup) {
    case Cleanup::kDelete:
      return "delete";
    case Cleanup::kCompact:
      return "compact";
    case Cleanup::kCompactAndDelete:
      return "compact,delete";
  }
  return "";
}

std::string RetentionText(const TopicSpec& topic) {
  return topic.retention.has_value() ? std::to_string(absl::ToInt64Milliseconds(*topic.retention))
                                     : "-1";
}

std::map<std::string, std::string> SettingsFor(const TopicSpec& topic, const TopicPolicy& policy) {
  std::map<std::string, std::string> settings = {
      {"cleanup.policy", CleanupName(topic.cleanup)},
      {"retention.ms", RetentionText(topic)},
      {"retention.bytes", "-1"},
      {"min.insync.replicas", std::to_string(policy.min_insync_replicas)},
      {"unclean.leader.election.enable", "false"},
  };
  if (topic.cleanup != Cleanup::kDelete) {
    // Deletions must be seen by a local copy of the state before they go.
    settings["delete.retention.ms"] = std::to_string(absl::ToInt64Milliseconds(absl::Hours(24)));
    settings["min.cleanable.dirty.ratio"] = "0.3";
  }
  return settings;
}

// Whether records are kept at least as long as wanted; -1 = for ever.
bool KeepsLongEnough(const std::string& found, const std::string& wanted) {
  int64_t has = 0;
  int64_t needs = 0;
  if (!absl::SimpleAtoi(found, &has) || !absl::SimpleAtoi(wanted, &needs)) return false;
  if (has < 0) return true;
  return needs >= 0 && has >= needs;
}

bool Fits(const std::string& name, std::string found, const std::string& wanted) {
  if (name == "retention.ms" || name == "retention.bytes" || name == "delete.retention.ms" ||
      name == "min.insync.replicas") {
    return KeepsLongEnough(found, wanted);
  }
  if (name == "cleanup.policy" && found == "delete,compact") found = "compact,delete";
  // How eagerly the broker compacts is its own affair.
  return name == "min.cleanable.dirty.ratio" || found == wanted;
}

}  // namespace

std::vector<TopicSpec> TopicsFor(const stream::Topics& names, const std::vector<std::string>& sinks,
                                 const TopicPolicy& policy) {
  std::vector<TopicSpec> topics = {
      {names.Raw(), Cleanup::kDelete, policy.raw_retention},
      {names.Clean(), Cleanup::kDelete, policy.retention},
      {names.Results(), Cleanup::kDelete, policy.retention},
      {names.Quarantine(), Cleanup::kDelete, policy.quarantine_retention},
      {names.Positions(), Cleanup::kCompact, std::nullopt},
      {names.Imports(), Cleanup::kCompact, std::nullopt},
      {names.DedupChangelog(), Cleanup::kCompactAndDelete, policy.dedup_retention},
  };
  for (const std::string& sink : sinks) {
    topics.push_back({names.Mapped(sink), Cleanup::kDelete, policy.retention});
  }
  return topics;
}

absl::StatusOr<std::unique_ptr<TopicAdmin>> TopicAdmin::Open(const KafkaSettings& settings,
                                                             const TopicPolicy& policy) {
  SLUICE_RETURN_IF_ERROR(settings.Validate());
  std::unique_ptr<TopicAdmin> admin(new TopicAdmin(settings, policy));
  // Sets the time-out of a request, which also closes the connection: behind a request that the
  // broker never answers it would answer no other.
  KafkaSettings brisk = settings;
  brisk.transaction_timeout = kAttempt * 3 / 2;
  SLUICE_ASSIGN_OR_RETURN(auto configuration, ReaderConfiguration(brisk, "sluice.topics"));
  SLUICE_ASSIGN_OR_RETURN(
      admin->client_,
      Client::Create(RD_KAFKA_CONSUMER, std::move(configuration), *admin, settings.close_timeout));
  return admin;
}

absl::StatusOr<std::optional<uint32_t>> TopicAdmin::Partitions(const std::string& topic) {
  const struct rd_kafka_metadata* metadata = nullptr;
  // All topics: asking for one by name would make some brokers create it.
  const absl::Status asked =
      ToStatus(rd_kafka_metadata(client_->get(), 1, nullptr, &metadata,
                                 static_cast<int>(absl::ToInt64Milliseconds(
                                     std::min(kAttempt, settings_.request_timeout)))),
               fmt::format("cannot ask Kafka at {} for its topics", settings_.brokers));
  SLUICE_RETURN_IF_ERROR(complaint_.Explain(asked, settings_));
  std::optional<uint32_t> count;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (topic != metadata->topics[i].topic) continue;
    count = static_cast<uint32_t>(metadata->topics[i].partition_cnt);
  }
  rd_kafka_metadata_destroy(metadata);
  return count;
}

absl::StatusOr<std::vector<std::string>> TopicAdmin::Create(const std::vector<TopicSpec>& topics) {
  std::vector<std::string> created;
  for (const TopicSpec& topic : topics) {
    // A controller that is going or coming may leave a request without an answer. What is there
    // already is not created again.
    const absl::Time deadline = absl::Now() + settings_.request_timeout;
    absl::StatusOr<bool> made = CreateOne(topic);
    while (base::IsRetryable(made.status()) && absl::Now() < deadline) made = CreateOne(topic);
    SLUICE_RETURN_IF_ERROR(made.status());
    if (*made) created.push_back(topic.name);
  }
  SLUICE_RETURN_IF_ERROR(AwaitVisible(created));
  return created;
}

absl::StatusOr<bool> TopicAdmin::CreateOne(const TopicSpec& topic) {
  SLUICE_ASSIGN_OR_RETURN(const auto existing, Partitions(topic.name));
  if (existing.has_value()) return false;
  std::array<char, 512> error{};
  const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDelete> request(
      rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(settings_.partitions),
                            policy_.replication_factor, error.data(), error.size()));
  if (request == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("cannot create the topic {}: {}", topic.name, error.data()));
  }
  for (const auto& [name, value] : SettingsFor(topic, policy_)) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  rd_kafka_NewTopic_t* const requests[] = {request.get()};
  SLUICE_ASSIGN_OR_RETURN(
      const Event event,
      AskAdmin(*client_, RD_KAFKA_ADMIN_OP_CREATETOPICS,
               std::min(kAttempt, settings_.request_timeout),
               [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                 rd_kafka_CreateTopics(client_->get(), const_cast<rd_kafka_NewTopic_t**>(requests),
                                       1, options, queue);
               }));
  size_t count = 0;
  const rd_kafka_topic_result_t** const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (count != 1) return true;
  const rd_kafka_resp_err_t result = rd_kafka_topic_result_error(results[0]);
  // Another instance may have been quicker, or an answer was lost.
  if (result == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
  const char* const reason = rd_kafka_topic_result_error_string(results[0]);
  SLUICE_RETURN_IF_ERROR(ToStatus(result, fmt::format("cannot create the topic {}", topic.name),
                                  reason == nullptr ? "" : reason));
  return true;
}

absl::Status TopicAdmin::AwaitVisible(const std::vector<std::string>& topics) {
  // The controller answers before every broker knows the topic.
  const absl::Time deadline = absl::Now() + settings_.request_timeout;
  for (const std::string& topic : topics) {
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const auto partitions, Partitions(topic));
      if (partitions.has_value()) break;
      if (absl::Now() > deadline) {
        return absl::UnavailableError(
            fmt::format("the topic {} was created but is not there", topic));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TopicAdmin::Findings(const TopicSpec& topic) {
  SLUICE_ASSIGN_OR_RETURN(const auto partitions, Partitions(topic.name));
  std::vector<std::string> findings;
  if (!partitions.has_value()) {
    findings.push_back(fmt::format("{} is missing", topic.name));
    return findings;
  }
  if (*partitions != settings_.partitions) {
    findings.push_back(fmt::format("{} has {} partitions, must have {}", topic.name, *partitions,
                                   settings_.partitions));
  }
  const std::unique_ptr<rd_kafka_ConfigResource_t, ResourceDelete> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  SLUICE_ASSIGN_OR_RETURN(
      const Event event,
      AskAdmin(*client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, settings_.request_timeout,
               [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
                 rd_kafka_DescribeConfigs(client_->get(), resources, 1, options, queue);
               }));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** const described = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return absl::InternalError("the answer of the brokers has no topic");
  SLUICE_RETURN_IF_ERROR(ToStatus(rd_kafka_ConfigResource_error(described[0]),
                                  fmt::format("cannot ask for the settings of {}", topic.name)));
  const auto wanted = SettingsFor(topic, policy_);
  size_t entries = 0;
  const rd_kafka_ConfigEntry_t** const entry =
      rd_kafka_ConfigResource_configs(described[0], &entries);
  for (size_t i = 0; i < entries; ++i) {
    const std::string name = rd_kafka_ConfigEntry_name(entry[i]);
    const char* const value = rd_kafka_ConfigEntry_value(entry[i]);
    const auto setting = wanted.find(name);
    if (setting == wanted.end() || value == nullptr) continue;
    if (Fits(name, value, setting->second)) continue;
    findings.push_back(
        fmt::format("{} has {}={}, must have {}", topic.name, name, value, setting->second));
  }
  return findings;
}

absl::Status TopicAdmin::Check(const std::vector<TopicSpec>& topics) {
  std::vector<std::string> all;
  for (const TopicSpec& topic : topics) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> findings, Findings(topic));
    all.insert(all.end(), findings.begin(), findings.end());
  }
  if (all.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the topics are not as they must be: {}", absl::StrJoin(all, "; ")));
}

}  // namespace sluice::kafka

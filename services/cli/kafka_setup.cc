#include "cli/kafka_setup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "common/base/status.h"

namespace sluice::cli {
namespace {

// What may stand in the name of a topic.
bool IsTopicWord(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

absl::StatusOr<kafka::KafkaSettings> KafkaSettingsOf(const config::Settings& settings) {
  const config::Settings::Kafka& from = settings.kafka;
  if (!IsTopicWord(from.prefix)) {
    return absl::InvalidArgumentError(
        "kafka.prefix must be of letters, digits, '.', '-' and '_', at most 64");
  }
  kafka::KafkaSettings kafka;
  kafka.brokers = from.brokers;
  kafka.security = from.security;
  kafka.tls = {from.tls.ca_file, from.tls.certificate_file, from.tls.key_file,
               from.tls.key_password};
  kafka.sasl = {from.sasl.mechanism, from.sasl.username, from.sasl.password};
  kafka.partitions = static_cast<uint32_t>(settings.partitions);
  kafka.session_timeout = absl::Seconds(from.session_timeout_seconds);
  kafka.transaction_timeout = absl::Seconds(from.transaction_timeout_seconds);
  std::istringstream words(from.properties);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError("kafka.properties must be name=value, separated by spaces");
    }
    kafka.properties[word.substr(0, equals)] = word.substr(equals + 1);
  }
  SLUICE_RETURN_IF_ERROR(kafka.Validate());
  return kafka;
}

kafka::TopicPolicy TopicPolicyOf(const config::Settings& settings) {
  kafka::TopicPolicy policy;
  policy.replication_factor = static_cast<int>(settings.kafka.replication_factor);
  policy.min_insync_replicas = static_cast<int>(settings.kafka.min_insync_replicas);
  return policy;
}

absl::StatusOr<std::vector<SinkAddress>> SinksOf(const config::Settings& settings) {
  std::vector<SinkAddress> sinks;
  std::istringstream words(settings.sinks);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (equals == std::string::npos || !IsTopicWord(name)) {
      return absl::InvalidArgumentError("sinks must be NAME=URL, separated by spaces");
    }
    for (const SinkAddress& other : sinks) {
      if (other.record.name != name) continue;
      return absl::InvalidArgumentError(fmt::format("sinks has two of the name '{}'", name));
    }
    SLUICE_ASSIGN_OR_RETURN(SinkAddress sink,
                            ParseSink(word.substr(equals + 1), settings.data_dir));
    sink.record.name = name;
    sinks.push_back(std::move(sink));
  }
  if (sinks.empty()) {
    return absl::InvalidArgumentError(
        "sinks is empty: over Kafka it says where customers go, as in "
        "customers=postgresql://user@host/database");
  }
  return sinks;
}

absl::StatusOr<std::vector<kafka::TopicSpec>> TopicSpecsOf(const config::Settings& settings) {
  SLUICE_ASSIGN_OR_RETURN(const auto sinks, SinksOf(settings));
  std::vector<std::string> names;
  for (const SinkAddress& sink : sinks) names.push_back(sink.record.name);
  return kafka::TopicsFor(stream::Topics(settings.kafka.prefix), names, TopicPolicyOf(settings));
}

std::string InstanceOf(const config::Settings& settings) {
  if (!settings.instance.empty()) return settings.instance;
  std::array<char, 256> host{};
  // The last byte stays 0.
  if (::gethostname(host.data(), host.size() - 1) != 0) return "0";
  return host.data();
}

std::string UploadsOf(const config::Settings& settings) {
  return settings.uploads.dir.empty() ? settings.data_dir + "/uploads" : settings.uploads.dir;
}

}  // namespace sluice::cli

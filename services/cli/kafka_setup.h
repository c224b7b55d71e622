// From the settings of a process to those of Kafka, and the names both sides must agree on.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/sink_address.h"
#include "common/config/settings.h"
#include "common/kafka/kafka_settings.h"
#include "common/kafka/topic_admin.h"
#include "common/stream/topics.h"

namespace sluice::cli {

// InvalidArgument names the setting to change.
absl::StatusOr<kafka::KafkaSettings> KafkaSettingsOf(const config::Settings& settings);

kafka::TopicPolicy TopicPolicyOf(const config::Settings& settings);

// The sinks of the setting `sinks`, in its order.
absl::StatusOr<std::vector<SinkAddress>> SinksOf(const config::Settings& settings);

// All topics of the installation.
absl::StatusOr<std::vector<kafka::TopicSpec>> TopicSpecsOf(const config::Settings& settings);

// Which of several processes this is: the setting `instance`, else the host's name.
std::string InstanceOf(const config::Settings& settings);

// Where uploads are: the setting `uploads.dir`, else in the data directory.
std::string UploadsOf(const config::Settings& settings);

}  // namespace sluice::cli

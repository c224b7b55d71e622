// A librdkafka configuration in the making, for each of the three clients of a log handle.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/kafka/kafka_settings.h"

namespace sluice::kafka {

struct ConfigurationDelete {
  void operator()(rd_kafka_conf_t* configuration) const { rd_kafka_conf_destroy(configuration); }
};
using Configuration = std::unique_ptr<rd_kafka_conf_t, ConfigurationDelete>;

// Writes records in transactions named `transactional_id`.
absl::StatusOr<Configuration> ProducerConfiguration(const KafkaSettings& settings,
                                                    const std::string& transactional_id);
// Reads as a static member `instance` of a group.
absl::StatusOr<Configuration> GroupConfiguration(const KafkaSettings& settings,
                                                 const std::string& group,
                                                 const std::string& instance);
// Looks at partitions without being a member of anything: tables, changelogs, ends, topics.
enum class Isolation { kCommitted, kUncommitted };
absl::StatusOr<Configuration> ReaderConfiguration(const KafkaSettings& settings,
                                                  const std::string& client_id,
                                                  Isolation isolation = Isolation::kCommitted);

// InvalidArgument, with librdkafka's reason.
absl::Status SetProperty(rd_kafka_conf_t& configuration, const char* name,
                         const std::string& value);

// A property that Sluice sets itself, because a guarantee or the meaning of a call rests on it.
bool IsReserved(const std::string& property);

}  // namespace sluice::kafka

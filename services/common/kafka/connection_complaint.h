// Why the brokers do not answer. librdkafka's calls only say that they do not; what it says in its
// log while it tries is kept here, and told with the setting to look at: a wrong password is not
// waited for in silence.
#pragma once

#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/kafka/kafka_settings.h"

namespace sluice::kafka {

// Thread-safe.
class ConnectionComplaint {
 public:
  // A line of a client's log; `level` as syslog's. The last one that tells of a connection counts.
  void Hear(int level, std::string_view text);
  // The status with what was heard, and what to look at, in its message. Only one that is
  // Unavailable; others say why by themselves.
  absl::Status Explain(const absl::Status& status, const KafkaSettings& settings) const;

 private:
  mutable base::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
};

// The settings to look at for a complaint of librdkafka, as " (kafka....)"; empty when it is not
// about them.
std::string AdviceFor(std::string_view complaint, const KafkaSettings& settings,
                      int librdkafka_version);

}  // namespace sluice::kafka

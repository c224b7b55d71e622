#include "common/kafka/kafka_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/status.h"
#include "common/kafka/configuration.h"

namespace sluice::kafka {

absl::Status KafkaSettings::Validate() const {
  if (brokers.empty()) {
    return absl::InvalidArgumentError(
        "kafka.brokers is empty: give host:port, separated by commas");
  }
  if (partitions == 0 || partitions > 10'000) {
    return absl::InvalidArgumentError("partitions must be from 1 to 10000");
  }
  const bool sasl_wanted = security == "sasl_plaintext" || security == "sasl_ssl";
  if (!sasl_wanted && security != "plaintext" && security != "ssl") {
    return absl::InvalidArgumentError(fmt::format(
        "kafka.security is '{}': plaintext, ssl, sasl_plaintext or sasl_ssl", security));
  }
  constexpr std::array<std::string_view, 3> kMechanisms = {"PLAIN", "SCRAM-SHA-256",
                                                           "SCRAM-SHA-512"};
  const bool known =
      std::find(kMechanisms.begin(), kMechanisms.end(), sasl.mechanism) != kMechanisms.end();
  if (sasl_wanted && !known) {
    return absl::InvalidArgumentError(fmt::format(
        "kafka.sasl.mechanism is '{}': PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", sasl.mechanism));
  }
  if (sasl_wanted && (sasl.username.empty() || sasl.password.empty())) {
    return absl::InvalidArgumentError("kafka.sasl needs username and password");
  }
  if (!sasl_wanted && !sasl.mechanism.empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "kafka.sasl.mechanism is set, but kafka.security is '{}': make it sasl_ssl", security));
  }
  if (transaction_timeout < absl::Seconds(1) || session_timeout < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        "kafka.transaction_timeout and kafka.session_timeout must be at least a second");
  }
  // What the constructors of the clients would refuse is refused here, by name.
  SLUICE_RETURN_IF_ERROR(ProducerConfiguration(*this, "check").status());
  SLUICE_RETURN_IF_ERROR(GroupConfiguration(*this, "check", "check").status());
  return ReaderConfiguration(*this, "check").status();
}

}  // namespace sluice::kafka

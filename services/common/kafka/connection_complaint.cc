#include "common/kafka/connection_complaint.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <initializer_list>

#include "common/base/status.h"

namespace sluice::kafka {
namespace {

// It repeats the client's nonce, which Kafka takes for wrong credentials since 4.0.
constexpr int kScramMended = 0x020601ff;

bool HasAny(std::string_view text, std::initializer_list<std::string_view> signs) {
  return std::any_of(signs.begin(), signs.end(), [text](std::string_view sign) {
    return text.find(sign) != std::string_view::npos;
  });
}

// Without the thread and the broker that librdkafka puts before it.
std::string_view Core(std::string_view text) {
  if (text.starts_with("[thrd:")) {
    const size_t end = text.find("]: ");
    if (end != std::string_view::npos) text.remove_prefix(end + 3);
  }
  return text;
}

}  // namespace

std::string AdviceFor(std::string_view complaint, const KafkaSettings& settings,
                      int librdkafka_version) {
  if (HasAny(complaint, {"SASL authentication error", "uthentication failed"})) {
    std::string advice =
        " (kafka.sasl.username, kafka.sasl.password and kafka.sasl.mechanism are not what the "
        "brokers know";
    if (settings.sasl.mechanism.starts_with("SCRAM") && librdkafka_version < kScramMended) {
      advice += fmt::format(
          ", or they are Kafka 4, which refuses SCRAM of librdkafka {}: use PLAIN over TLS or "
          "certificates",
          rd_kafka_version_str());
    }
    return advice + ")";
  }
  if (HasAny(complaint, {"UNSUPPORTED_SASL_MECHANISM", "Unsupported SASL", "SASL Handshake",
                         "SaslHandshake"})) {
    return " (kafka.sasl.mechanism: the brokers have others)";
  }
  if (HasAny(complaint, {"certificate verify failed", "certificate could not be verified"})) {
    return " (kafka.tls.ca_file is not of the authority of the brokers' certificates, or these are "
           "for other names)";
  }
  if (HasAny(complaint, {"certificate required", "bad certificate", "unknown ca",
                         "handshake failure", "lert"})) {
    return " (kafka.tls.certificate_file and kafka.tls.key_file: the brokers want a certificate of "
           "an authority they know)";
  }
  if (HasAny(complaint, {"security.protocol", "wrong version number", "SSL", "connecting to a"})) {
    return " (kafka.security, kafka.tls.*: the brokers speak otherwise)";
  }
  return "";
}

void ConnectionComplaint::Hear(int level, std::string_view text) {
  constexpr int kSyslogInfo = 6;
  if (level > kSyslogInfo) return;
  if (!HasAny(text, {"onnect", "SASL", "SSL", "resolve", "uthentica", "andshake"})) return;
  base::MutexLock lock(&mutex_);
  text_ = Core(text);
}

absl::Status ConnectionComplaint::Explain(const absl::Status& status,
                                          const KafkaSettings& settings) const {
  if (!absl::IsUnavailable(status)) return status;
  base::MutexLock lock(&mutex_);
  if (text_.empty()) {
    // It does not log that a connection was closed, which is what TLS does to who speaks without.
    return absl::UnavailableError(fmt::format("{} (kafka.brokers, or kafka.security: it is {})",
                                              base::Message(status), settings.security));
  }
  return absl::UnavailableError(fmt::format("{}: {}{}", base::Message(status), text_,
                                            AdviceFor(text_, settings, rd_kafka_version())));
}

}  // namespace sluice::kafka

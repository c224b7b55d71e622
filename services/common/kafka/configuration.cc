#include "common/kafka/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace sluice::kafka {
namespace {

using Properties = std::vector<std::pair<const char*, std::string>>;

constexpr std::string_view kUserProperties = "kafka.properties";

constexpr std::array<std::string_view, 32> kReserved = {
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "client.id",
    "delivery.report.only.error",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "log.connection.close",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "request.required.acks",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "session.timeout.ms",
    "ssl.key.password",
    "transaction.timeout.ms",
    "transactional.id",
    "retries",
    "message.send.max.retries",
};

std::string Milliseconds(absl::Duration duration) {
  return std::to_string(absl::ToInt64Milliseconds(duration));
}

Properties Common(const KafkaSettings& settings, const std::string& client_id) {
  Properties properties = {
      {"bootstrap.servers", settings.brokers},
      {"client.id", client_id},
      {"security.protocol", settings.security},
      // A request that a broker does not answer must not outlive the transaction it is of.
      {"socket.timeout.ms", Milliseconds(settings.transaction_timeout * 2 / 3)},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
  };
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) properties.emplace_back(name, value);
  };
  add("ssl.ca.location", settings.tls.ca_file);
  add("ssl.certificate.location", settings.tls.certificate_file);
  add("ssl.key.location", settings.tls.key_file);
  add("ssl.key.password", settings.tls.key_password);
  add("sasl.mechanism", settings.sasl.mechanism);
  add("sasl.username", settings.sasl.username);
  add("sasl.password", settings.sasl.password);
  return properties;
}

// The user's properties come last, and can replace only what is not reserved.
absl::StatusOr<Configuration> Make(const KafkaSettings& settings, Properties properties,
                                   const Properties& own) {
  properties.insert(properties.end(), own.begin(), own.end());
  Configuration configuration(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    SLUICE_RETURN_IF_ERROR(
        base::Annotate(SetProperty(*configuration, name, value), kUserProperties));
  }
  for (const auto& [name, value] : settings.properties) {
    if (IsReserved(name)) {
      return absl::InvalidArgumentError(
          fmt::format("kafka.properties: '{}' is Sluice's to set: remove it", name));
    }
    SLUICE_RETURN_IF_ERROR(
        base::Annotate(SetProperty(*configuration, name.c_str(), value), kUserProperties));
  }
  return configuration;
}

}  // namespace

absl::Status SetProperty(rd_kafka_conf_t& configuration, const char* name,
                         const std::string& value) {
  std::array<char, 512> error{};
  const rd_kafka_conf_res_t result =
      rd_kafka_conf_set(&configuration, name, value.c_str(), error.data(), error.size());
  if (result == RD_KAFKA_CONF_OK) return absl::OkStatus();
  return absl::InvalidArgumentError(error.data());
}

bool IsReserved(const std::string& property) {
  return std::find(kReserved.begin(), kReserved.end(), property) != kReserved.end();
}

absl::StatusOr<Configuration> ProducerConfiguration(const KafkaSettings& settings,
                                                    const std::string& transactional_id) {
  return Make(settings, Common(settings, transactional_id),
              {
                  {"transactional.id", transactional_id},
                  {"enable.idempotence", "true"},
                  // A broken connection must be told: see TransactionalProducer.
                  {"log.connection.close", "true"},
                  {"transaction.timeout.ms", Milliseconds(settings.transaction_timeout)},
                  {"message.timeout.ms", Milliseconds(settings.transaction_timeout * 9 / 10)},
                  // The commit tells of failures; a report for each record would cost time.
                  {"delivery.report.only.error", "true"},
                  // A commit sends what waits at once: only what fills a request goes before it.
                  {"linger.ms", "100"},
                  {"batch.size", "1000000"},
                  {"batch.num.messages", "10000"},
                  {"queue.buffering.max.messages", "500000"},
                  {"queue.buffering.max.kbytes", "262144"},
                  {"compression.codec", "lz4"},
              });
}

absl::StatusOr<Configuration> GroupConfiguration(const KafkaSettings& settings,
                                                 const std::string& group,
                                                 const std::string& instance) {
  return Make(settings, Common(settings, instance),
              {
                  {"group.id", group},
                  {"group.instance.id", instance},
                  {"partition.assignment.strategy", "range"},
                  {"session.timeout.ms", Milliseconds(settings.session_timeout)},
                  {"heartbeat.interval.ms", Milliseconds(settings.session_timeout / 5)},
                  {"max.poll.interval.ms", "600000"},
                  {"log.connection.close", "false"},
                  {"isolation.level", "read_committed"},
                  {"enable.auto.commit", "false"},
                  {"enable.auto.offset.store", "false"},
                  // Every start is an explicit offset; one that is gone is an error, not a guess.
                  {"auto.offset.reset", "error"},
                  {"allow.auto.create.topics", "false"},
                  // The broker gathers records for as long as a transaction may wait for more.
                  {"fetch.min.bytes", "65536"},
                  {"fetch.wait.max.ms", "50"},
                  {"fetch.message.max.bytes", "2097152"},
                  {"queued.min.messages", "50000"},
                  {"queued.max.messages.kbytes", "32768"},
              });
}

absl::StatusOr<Configuration> ReaderConfiguration(const KafkaSettings& settings,
                                                  const std::string& client_id,
                                                  Isolation isolation) {
  return Make(settings, Common(settings, client_id),
              {
                  // A consumer needs a group, even one that joins none.
                  {"group.id", client_id + ".reader"},
                  {"log.connection.close", "false"},
                  {"isolation.level",
                   isolation == Isolation::kCommitted ? "read_committed" : "read_uncommitted"},
                  {"enable.auto.commit", "false"},
                  {"enable.auto.offset.store", "false"},
                  {"enable.partition.eof", "true"},
                  {"auto.offset.reset", "error"},
                  {"allow.auto.create.topics", "false"},
                  {"fetch.wait.max.ms", "10"},
                  {"fetch.message.max.bytes", "4194304"},
              });
}

}  // namespace sluice::kafka

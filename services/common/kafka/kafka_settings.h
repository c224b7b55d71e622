// How to reach Apache Kafka, and what of librdkafka a user may tune. The settings that the
// guarantees rest on cannot be changed from outside.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::kafka {

// A value; thread-compatible.
struct KafkaSettings {
  // host:port, separated by commas.
  std::string brokers;
  // plaintext, ssl, sasl_plaintext or sasl_ssl.
  std::string security = "plaintext";

  struct Tls {
    // PEM files; empty = the system's authorities, no certificate of our own.
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string key_password;
  } tls;

  struct Sasl {
    // PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    std::string mechanism;
    std::string username;
    std::string password;
  } sasl;

  // Of every topic; another number on a topic is refused.
  uint32_t partitions = 12;
  absl::Duration session_timeout = absl::Seconds(10);
  absl::Duration transaction_timeout = absl::Seconds(15);
  // How long one attempt may wait for the brokers before it counts as failed and is tried again.
  absl::Duration request_timeout = absl::Seconds(5);
  // How long closing may take before the connection is abandoned.
  absl::Duration close_timeout = absl::Seconds(5);
  // Properties of librdkafka by name, for what is not a setting here.
  std::map<std::string, std::string> properties;

  // InvalidArgument names the setting to change: a value out of its bounds, a property that
  // librdkafka does not know or that Sluice sets itself.
  absl::Status Validate() const;
};

}  // namespace sluice::kafka

// A real Apache Kafka broker of the test's own, run by tests/testing/kafka/broker.py. One for all
// tests of a program: it takes seconds to start.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "common/kafka/kafka_settings.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {

// Thread-compatible.
class KafkaBroker {
 public:
  // Starts it on first use; a test that cannot have it fails.
  static KafkaBroker& Shared();
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  const std::string& address() const { return address_; }
  // For SASL: user alice with PLAIN (wonderland), bob with SCRAM-SHA-256 (builder).
  const std::string& sasl_address() const { return sasl_address_; }
  // Settings that reach it, with short timeouts.
  kafka::KafkaSettings Settings() const;

  // kill -9; its data stay.
  void Kill() { Command("kill"); }
  // After Kill; returns when it answers.
  void Start() { Command("start"); }
  void Stop() { Command("stop"); }
  void Continue() { Command("continue"); }

 private:
  KafkaBroker();
  void Command(const std::string& command);
  std::string ReadLine();

  TemporaryDirectory directory_;
  pid_t process_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string unread_;
  std::string address_;
  std::string sasl_address_;
};

}  // namespace sluice::testing

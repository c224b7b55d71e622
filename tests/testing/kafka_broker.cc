#include "tests/testing/kafka_broker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>

#include "common/base/check.h"

namespace sluice::testing {

KafkaBroker& KafkaBroker::Shared() {
  static KafkaBroker broker;
  return broker;
}

KafkaBroker::KafkaBroker() {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  SLUICE_CHECK(::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0,
               "no pipes");
  const std::string script = SLUICE_SOURCE_DIR "/tests/testing/kafka/broker.py";
  const std::string place = directory_.path() + "/broker";
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execlp("python3", "python3", script.c_str(), place.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  std::istringstream answer(ReadLine());
  std::string word;
  std::string sasl_port;
  answer >> word >> address_ >> sasl_port;
  SLUICE_CHECK(word == "ready", "the broker does not start: " + answer.str());
  sasl_address_ = "127.0.0.1:" + sasl_port;
}

KafkaBroker::~KafkaBroker() {
  // The end of its input ends it.
  ::close(to_);
  ::waitpid(process_, nullptr, 0);
  ::close(from_);
}

kafka::KafkaSettings KafkaBroker::Settings() const {
  kafka::KafkaSettings settings;
  settings.brokers = address_;
  settings.partitions = 3;
  settings.session_timeout = absl::Seconds(3);
  settings.transaction_timeout = absl::Seconds(6);
  settings.request_timeout = absl::Seconds(3);
  settings.close_timeout = absl::Seconds(3);
  return settings;
}

void KafkaBroker::Command(const std::string& command) {
  const std::string line = command + "\n";
  SLUICE_CHECK(::write(to_, line.data(), line.size()) == static_cast<ssize_t>(line.size()),
               "the broker's script is gone");
  const std::string answer = ReadLine();
  SLUICE_CHECK(answer == "ok", answer);
}

std::string KafkaBroker::ReadLine() {
  while (true) {
    const size_t end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    std::array<char, 512> bytes{};
    const ssize_t count = ::read(from_, bytes.data(), bytes.size());
    SLUICE_CHECK(count > 0, "the broker's script is gone");
    unread_.append(bytes.data(), static_cast<size_t>(count));
  }
}

}  // namespace sluice::testing

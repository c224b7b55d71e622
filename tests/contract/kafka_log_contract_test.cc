#include <memory>

#include "common/kafka/kafka_log.h"
#include "tests/contract/log_contract.h"
#include "tests/testing/kafka_topics.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

class KafkaFixture : public LogFixture {
 public:
  KafkaFixture() { Open(); }
  stream::Log& log() override { return *log_; }
  const stream::StateReader& state() override { return log_->state(); }
  void Reopen() override {
    log_.reset();
    Open();
  }
  std::string TopicName(std::string_view name) override { return topics_.Name(name); }
  void AwaitVisible() override { topics_.AwaitSettled(); }

 private:
  void Open() {
    kafka::KafkaLogOptions options;
    options.settings = testing::KafkaBroker::Shared().Settings();
    options.name = topics_.prefix() + ".handle";
    options.state.emplace();
    options.state->input = topics_.Name("in");
    options.state->changelog = topics_.Name("state");
    options.state->rocks.path = directory_.path() + "/state";
    auto log = kafka::KafkaLog::Open(options, clock_, observer_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = std::move(*log);
  }

  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  testing::KafkaTopics topics_;
  std::unique_ptr<kafka::KafkaLog> log_;
};

std::unique_ptr<LogFixture> MakeKafka() {
  return std::make_unique<KafkaFixture>();
}

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract, ::testing::Values(&MakeKafka),
                         [](const auto&) { return "Kafka"; });

}  // namespace
}  // namespace sluice::contract

// The pipeline over Kafka ends as it does over the embedded log.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

#include "common/base/status.h"
#include "common/kafka/kafka_log.h"
#include "tests/testing/kafka_topics.h"
#include "tests/testing/pipeline_driver.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {
namespace {

constexpr int kRows = 200;
constexpr uint32_t kPartitions = 4;

// A handle for each part, as processes have.
class KafkaLogs : public PipelineLogs {
 public:
  explicit KafkaLogs(const std::string& prefix) : prefix_(prefix) {}

  absl::Status CreateTopics() {
    kafka::TopicPolicy policy;
    policy.replication_factor = 1;
    policy.min_insync_replicas = 1;
    kafka::KafkaSettings settings = Settings();
    // A broker on a busy machine may take long for it.
    settings.request_timeout = absl::Seconds(30);
    SLUICE_ASSIGN_OR_RETURN(auto admin, kafka::TopicAdmin::Open(settings, policy));
    const auto specs = kafka::TopicsFor(names(), {"sqlite"}, policy);
    SLUICE_RETURN_IF_ERROR(admin->Create(specs).status());
    return admin->Check(specs);
  }
  absl::Status Open() override {
    static constexpr std::array<const char*, kPipelineParts> kNames = {"ingest", "clean", "map",
                                                                       "load", "control"};
    for (size_t part = 0; part < kNames.size(); ++part) {
      kafka::KafkaLogOptions options;
      options.settings = Settings();
      options.name = fmt::format("{}.{}.0", prefix_, kNames[part]);
      if (part == static_cast<size_t>(PipelinePart::kClean)) {
        options.state.emplace();
        options.state->input = names().Raw();
        options.state->changelog = names().DedupChangelog();
        options.state->rocks.path = directory_.path() + "/clean";
      }
      SLUICE_ASSIGN_OR_RETURN(logs_[part], kafka::KafkaLog::Open(options, clock_, observer_));
    }
    kafka::KafkaLogOptions options;
    options.settings = Settings();
    options.name = prefix_ + ".plans.0";
    options.writes = false;
    SLUICE_ASSIGN_OR_RETURN(reader_, kafka::KafkaLog::Open(options, clock_, observer_));
    return absl::OkStatus();
  }
  void Close() override {
    for (auto& log : logs_) log.reset();
    reader_.reset();
  }
  stream::Log& Of(PipelinePart part) override { return *logs_[static_cast<size_t>(part)]; }
  stream::Log& reader() override { return *reader_; }
  const stream::StateReader& state() override {
    return logs_[static_cast<size_t>(PipelinePart::kClean)]->state();
  }
  stream::Topics names() override { return stream::Topics(prefix_); }

 private:
  static kafka::KafkaSettings Settings() {
    kafka::KafkaSettings settings = KafkaBroker::Shared().Settings();
    settings.partitions = kPartitions;
    return settings;
  }

  const std::string prefix_;
  TemporaryDirectory directory_;
  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  std::array<std::unique_ptr<kafka::KafkaLog>, kPipelineParts> logs_;
  std::unique_ptr<kafka::KafkaLog> reader_;
};

PipelineResult ResultOf(PipelineLogs* logs, const std::string& csv, int kills) {
  TemporaryDirectory directory;
  PipelineOptions options;
  options.directory = directory.path();
  options.logs = logs;
  if (logs != nullptr) options.batch_records = 40;
  PipelineDriver driver(options);
  const absl::Status opened = driver.Open();
  EXPECT_TRUE(opened.ok()) << opened;
  if (!opened.ok()) return {};
  const auto id = driver.Start(csv);
  EXPECT_TRUE(id.ok()) << id.status();
  if (!id.ok()) return {};
  std::mt19937_64 random(7);
  for (int kill = 0; kill < kills; ++kill) {
    for (int i = 0; i < 200; ++i) {
      const auto step = driver.Step(static_cast<PipelinePart>(random() % kPipelineParts));
      EXPECT_TRUE(step.ok() || base::IsRetryable(step.status())) << step.status();
    }
    driver.Kill();
    const absl::Status again = driver.Open();
    EXPECT_TRUE(again.ok()) << again;
    if (!again.ok()) return {};
  }
  const absl::Status ended = driver.RunToEnd(*id);
  EXPECT_TRUE(ended.ok()) << ended;
  auto result = driver.ReadResult(*id);
  EXPECT_TRUE(result.ok()) << result.status();
  driver.Kill();
  return *result;
}

TEST(KafkaPipelineTest, AnImportEndsAsOverTheEmbeddedLog) {
  const std::string csv = TangledCustomers(5, kRows);
  KafkaLogs logs("plain");
  const absl::Status created = logs.CreateTopics();
  ASSERT_TRUE(created.ok()) << created;
  const PipelineResult expected = ResultOf(nullptr, csv, 0);
  const PipelineResult result = ResultOf(&logs, csv, 0);
  EXPECT_EQ(result.sink, expected.sink);
  EXPECT_EQ(result.counts, expected.counts);
}

TEST(KafkaPipelineTest, KilledInTheMiddleItEndsTheSame) {
  const std::string csv = TangledCustomers(6, kRows);
  KafkaLogs logs("killed");
  const absl::Status created = logs.CreateTopics();
  ASSERT_TRUE(created.ok()) << created;
  const PipelineResult expected = ResultOf(nullptr, csv, 0);
  const PipelineResult result = ResultOf(&logs, csv, 2);
  EXPECT_EQ(result.sink, expected.sink);
  EXPECT_EQ(result.counts, expected.counts);
}

}  // namespace
}  // namespace sluice::testing

// The pipeline over Kafka ends as it does over the embedded log.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <set>
#include <sstream>

#include "common/base/status.h"
#include "common/kafka/kafka_log.h"
#include "sluice/record/v1/record.pb.h"
#include "tests/testing/kafka_broker.h"
#include "tests/testing/kafka_topics.h"
#include "tests/testing/kafka_watcher.h"
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

PipelineResult ResultOf(PipelineLogs* logs, const std::string& csv, int kills,
                        uint64_t batch_records = 40) {
  TemporaryDirectory directory;
  PipelineOptions options;
  options.directory = directory.path();
  options.logs = logs;
  if (logs != nullptr) options.batch_records = batch_records;
  options.lead_rows = std::max(options.lead_rows, batch_records);
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

// Every row that ended as rejected or review, once, whoever was killed, with what it was.
TEST(KafkaPipelineTest, WhatIsRefusedStandsOnceInTheQuarantineTopic) {
  const std::string csv = TangledCustomers(7, kRows);
  KafkaLogs logs("quarantine");
  const absl::Status created = logs.CreateTopics();
  ASSERT_TRUE(created.ok()) << created;
  const PipelineResult result = ResultOf(&logs, csv, 4);
  std::multiset<std::string> expected;
  for (const std::string& line : result.counts) {
    std::istringstream words(line);
    std::string what, row;
    int outcome = 0;
    words >> what >> row >> outcome;
    if (what == "row" &&
        (outcome == record::v1::OUTCOME_REJECTED || outcome == record::v1::OUTCOME_REVIEW)) {
      expected.insert(line);
    }
  }
  std::multiset<std::string> found;
  int reviews = 0;
  const std::string topic = logs.names().Quarantine();
  KafkaWatcher watcher(KafkaBroker::Shared().address());
  for (const WatchedMessage& message : watcher.ReadCommitted(topic, kPartitions)) {
    const auto& said = message.headers;
    const bool review = said.at("sluice.error.outcome") == "review";
    reviews += review;
    found.insert(
        fmt::format("row {} {} {}", said.at("row"),
                    int{review ? record::v1::OUTCOME_REVIEW : record::v1::OUTCOME_REJECTED},
                    said.at("sluice.error.reason")));
    const std::string connect = "__connect.errors.";
    EXPECT_EQ(said.at(connect + "topic"),
              review ? logs.names().Mapped("sqlite") : logs.names().Raw());
    EXPECT_EQ(said.at(connect + "partition"), std::to_string(message.partition));
    EXPECT_FALSE(said.at(connect + "offset").empty());
    EXPECT_EQ(said.at(connect + "connector.name"), "pipeline");
    EXPECT_EQ(said.at(connect + "task.id"), "driver");
    EXPECT_EQ(said.at(connect + "stage"), review ? "LOAD" : "CLEAN");
    EXPECT_EQ(said.at(connect + "class.name"), said.at("sluice.error.reason"));
    EXPECT_EQ(said.at(connect + "exception.class.name"),
              review ? "sluice.review" : "sluice.rejected");
    EXPECT_FALSE(said.contains(connect + "exception.stacktrace"));
    EXPECT_EQ(said.at("sluice.error.attempt"), "1");
    record::v1::RawRecord raw;
    record::v1::MappedRecord mapped;
    if (review) {
      ASSERT_TRUE(mapped.ParseFromString(message.value));
      EXPECT_EQ(std::to_string(mapped.row()), said.at("row"));
      EXPECT_EQ(mapped.import_id(), said.at("import"));
      EXPECT_EQ(mapped.identity(), message.key);
    } else {
      ASSERT_TRUE(raw.ParseFromString(message.value));
      EXPECT_EQ(std::to_string(raw.row()), said.at("row"));
      EXPECT_EQ(raw.import_id(), said.at("import"));
      EXPECT_EQ(raw.cells_size(), 7);
      EXPECT_EQ(said.at("sluice.error.field"), "name");
    }
    // Nothing of the customer is said beside the record.
    for (const auto& [name, value] : said) {
      EXPECT_EQ(value.find("公司"), std::string::npos) << name;
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_GT(reviews, 0);
  EXPECT_GT(expected.size(), static_cast<size_t>(reviews));
}

std::string Repeated(std::string_view text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

// A whole batch of repairs is more than a message of Kafka may be (1,000,000 bytes).
TEST(KafkaPipelineTest, ResultsLargerThanAMessageArrive) {
  constexpr int kMany = 10'000;
  std::string csv = "客户名称,联系人,联系电话,邮箱地址\n";
  for (int i = 0; i < kMany; ++i) {
    csv +=
        fmt::format(" 上海客户{:05}有限公司 ,人{},138 0013 {:04},Ann{}@Example.com\n", i, i, i, i);
  }
  KafkaLogs logs("repairs");
  const absl::Status created = logs.CreateTopics();
  ASSERT_TRUE(created.ok()) << created;
  const PipelineResult expected = ResultOf(nullptr, csv, 0, kMany);
  const PipelineResult result = ResultOf(&logs, csv, 0, kMany);
  EXPECT_EQ(result.sink, expected.sink);
  EXPECT_EQ(result.counts, expected.counts);
  EXPECT_GT(result.counts.size(), static_cast<size_t>(2 * kMany));
}

// Near limits.row_bytes_max (256 KiB), each in its own way; none may be more than a message.
TEST(KafkaPipelineTest, RowsNearTheLimitGrowAndArriveOrAreRefused) {
  constexpr size_t kLimit = 256u << 10;
  // Names of columns that make a mapped record much larger than its row.
  constexpr size_t kColumns = 3000;
  std::string csv = "客户名称";
  for (size_t i = 0; i < kColumns; ++i) {
    // Letters: a name with digits is taken for data.
    csv += ",列" + std::string(37, 'x');
    for (size_t n = i + 26 * 26; n > 0; n /= 26) csv += static_cast<char>('a' + n % 26);
  }
  const auto add = [&](std::string name, const std::string& cells) {
    csv += "\n" + name + "," + cells;
  };
  const std::string rest(kColumns - 1, ',');
  for (int i = 0; i < 4; ++i) {
    // Numbers below names: what tells the header.
    add(fmt::format("甲{}", i), Repeated("12,", kColumns - 1) + "12");
    add(fmt::format("乙{}", i), std::string(kLimit - 100 - rest.size(), 'x') + rest);
    // A blank at both ends is an issue with all of it before and after.
    add(fmt::format("丙{}", i),
        " " + Repeated("Ａ", (kLimit - 100 - rest.size()) / 3) + " " + rest);
    // One character becomes eighteen.
    add(fmt::format("丁{}", i), Repeated("\xEF\xB7\xBA", (kLimit - 100 - rest.size()) / 3) + rest);
    add(fmt::format("戊{}", i),
        Repeated("一些值一些值一些值一些值一些值一些值一些值一些值,", kColumns - 1));
  }
  // More cells than bytes they hold.
  add("己", std::string(kLimit - 100, ','));
  csv += "\n";
  KafkaLogs logs("large");
  const absl::Status created = logs.CreateTopics();
  ASSERT_TRUE(created.ok()) << created;
  const PipelineResult expected = ResultOf(nullptr, csv, 0, 1000);
  const PipelineResult result = ResultOf(&logs, csv, 0, 1000);
  EXPECT_EQ(result.sink, expected.sink);
  EXPECT_EQ(result.counts, expected.counts);
  EXPECT_GT(result.sink.size(), 16u);
}

}  // namespace
}  // namespace sluice::testing

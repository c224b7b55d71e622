// What Kafka adds to the contract of a log: members that come and go, namesakes, brokers that die.
#include "common/kafka/kafka_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "common/base/check.h"
#include "common/base/status.h"
#include "tests/testing/kafka_topics.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

using kafka::KafkaLog;
using testing::KafkaBroker;
using testing::KafkaTopics;

constexpr uint32_t kPartitions = 3;

// Copies records of one topic to another, exactly once: the smallest runner.
class Copier {
 public:
  Copier(KafkaTopics& topics, const std::string& instance) : topics_(topics) {
    options_.settings = KafkaBroker::Shared().Settings();
    options_.name = topics.prefix() + "." + instance;
  }
  ~Copier() {
    source_.reset();
    log_.reset();
  }
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  // One step; opens what is not open. Errors are only those that may pass.
  bool Step() {
    const auto progress = TryStep();
    if (progress.ok()) return *progress;
    // Nothing could go on from here, and the test would never end.
    SLUICE_CHECK(base::IsRetryable(progress.status()), base::Message(progress.status()));
    ++failures_;
    return false;
  }
  size_t assigned() const {
    return source_ == nullptr ? 0 : source_->assignment().partitions.size();
  }
  int failures() const { return failures_; }
  KafkaLog& log() { return *log_; }
  // Records it takes at a time.
  void set_records_max(size_t records_max) { limits_.records_max = records_max; }

 private:
  absl::StatusOr<bool> TryStep() {
    if (log_ == nullptr) {
      auto log = KafkaLog::Open(options_, clock_, observer_);
      if (!log.ok()) return log.status();
      log_ = std::move(*log);
    }
    if (source_ == nullptr) {
      SLUICE_ASSIGN_OR_RETURN(in_, log_->OpenTopic(topics_.Name("in")));
      SLUICE_ASSIGN_OR_RETURN(out_, log_->OpenTopic(topics_.Name("out")));
      SLUICE_ASSIGN_OR_RETURN(source_, log_->OpenSource("copy", in_));
    }
    if (batch_.records.empty()) {
      SLUICE_RETURN_IF_ERROR(source_->Poll(limits_, batch_));
    } else {
      SLUICE_RETURN_IF_ERROR(source_->Attend());
    }
    if (generation_ != source_->assignment().generation) {
      generation_ = source_->assignment().generation;
      batch_.Clear();
      return true;
    }
    if (batch_.records.empty()) return false;
    auto transaction = log_->Begin();
    for (const stream::Record& record : batch_.records) {
      transaction->Append({out_, batch_.partition}, record.headers, record.key, record.value);
    }
    transaction->Consumed("copy", {in_, batch_.partition}, batch_.next_offset);
    SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
    batch_.Clear();
    return true;
  }

  KafkaTopics& topics_;
  kafka::KafkaLogOptions options_;
  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<stream::RecordSource> source_;
  stream::TopicId in_ = 0;
  stream::TopicId out_ = 0;
  stream::PollLimits limits_{50, 1 << 20};
  stream::RecordBatch batch_;
  uint64_t generation_ = 0;
  int failures_ = 0;
};

class KafkaLogTest : public ::testing::Test {
 protected:
  using Values = std::map<uint32_t, std::vector<std::string>>;

  std::unique_ptr<KafkaLog> Open(const std::string& name, bool renew = true) {
    kafka::KafkaLogOptions options;
    options.settings = KafkaBroker::Shared().Settings();
    options.name = topics_.prefix() + "." + name;
    options.renew_producer = renew;
    auto log = KafkaLog::Open(options, clock_, observer_);
    EXPECT_TRUE(log.ok()) << log.status();
    return std::move(*log);
  }
  void Write(KafkaLog& log, int from, int to) {
    const auto topic = log.OpenTopic(topics_.Name("in"));
    ASSERT_TRUE(topic.ok()) << topic.status();
    // In many transactions: what one brings for a partition is read at once.
    constexpr int kAtOnce = 15;
    for (int begin = from; begin < to; begin += kAtOnce) {
      auto transaction = log.Begin();
      for (int i = begin; i < std::min(to, begin + kAtOnce); ++i) {
        const auto partition = static_cast<uint32_t>(i) % kPartitions;
        transaction->Append({*topic, partition}, {}, {}, std::to_string(i));
        written_[partition].push_back(std::to_string(i));
      }
      const auto committed = transaction->Commit();
      ASSERT_TRUE(committed.ok()) << committed.status();
    }
  }
  size_t written() const {
    size_t total = 0;
    for (const auto& [partition, values] : written_) total += values.size();
    return total;
  }
  // Reads what was copied until it is all there, then once more what is behind it.
  void ExpectCopied(const std::function<void()>& step) {
    auto log = Open("check");
    const auto topic = log->OpenTopic(topics_.Name("out"));
    ASSERT_TRUE(topic.ok());
    auto source = log->OpenSource("check", *topic);
    ASSERT_TRUE(source.ok());
    Values copied;
    size_t count = 0;
    stream::RecordBatch batch;
    const absl::Time deadline = absl::Now() + absl::Seconds(90);
    bool settled = false;
    while (absl::Now() < deadline) {
      step();
      const absl::Status polled = (*source)->Poll({}, batch);
      ASSERT_TRUE(polled.ok() || base::IsRetryable(polled)) << polled;
      for (const stream::Record& record : batch.records) {
        copied[batch.partition].emplace_back(record.value);
        ++count;
      }
      if (!batch.records.empty() || count < written()) continue;
      if (settled) break;
      topics_.AwaitSettled();
      settled = true;
    }
    EXPECT_EQ(copied, written_);
  }

  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  KafkaTopics topics_;
  Values written_;
};

TEST_F(KafkaLogTest, TwoMembersShareThePartitionsAndEachRecordIsCopiedOnce) {
  auto writer = Open("writer");
  Write(*writer, 0, 300);
  Copier first(topics_, "a");
  while (first.assigned() < kPartitions) first.Step();
  Copier second(topics_, "b");
  int next = 300;
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while ((second.assigned() == 0 || first.assigned() == kPartitions) && absl::Now() < deadline) {
    first.Step();
    second.Step();
    if (next < 3000) Write(*writer, next, next + 30);
    next += 30;
  }
  EXPECT_EQ(first.assigned() + second.assigned(), kPartitions);
  ExpectCopied([&] {
    first.Step();
    second.Step();
  });
}

TEST_F(KafkaLogTest, APartitionOfAMemberThatIsGoneIsReadByAnother) {
  auto writer = Open("writer");
  Write(*writer, 0, 300);
  auto gone = std::make_unique<Copier>(topics_, "a");
  while (gone->assigned() < kPartitions) gone->Step();
  gone->set_records_max(7);
  for (int i = 0; i < 10; ++i) gone->Step();
  gone.reset();
  Copier other(topics_, "b");
  ExpectCopied([&] { other.Step(); });
}

TEST_F(KafkaLogTest, ANamesakeThatStartedLaterIsTheOnlyOneThatWrites) {
  auto old = Open("same", /*renew=*/false);
  const auto topic = old->OpenTopic(topics_.Name("in"));
  ASSERT_TRUE(topic.ok());
  auto transaction = old->Begin();
  transaction->Append({*topic, 0}, {}, {}, "zombie");
  auto successor = Open("same");
  EXPECT_FALSE(transaction->Commit().ok());
  Write(*successor, 0, 3);
  transaction = old->Begin();
  transaction->Append({*topic, 0}, {}, {}, "zombie again");
  EXPECT_EQ(transaction->Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  transaction.reset();
  auto source = successor->OpenSource("g", *successor->OpenTopic(topics_.Name("in")));
  ASSERT_TRUE(source.ok());
  topics_.AwaitSettled();
  stream::RecordBatch batch;
  std::vector<std::string> values;
  while (values.empty()) {
    ASSERT_TRUE((*source)->Poll({}, batch).ok());
    if (batch.partition != 0) continue;
    for (const stream::Record& record : batch.records) values.emplace_back(record.value);
  }
  EXPECT_EQ(values, std::vector<std::string>{"0"});
}

TEST_F(KafkaLogTest, ABrokerThatIsKilledAndStartedAgainLosesAndDoublesNothing) {
  auto writer = Open("writer");
  Write(*writer, 0, 900);
  Copier copier(topics_, "a");
  copier.set_records_max(20);
  while (copier.assigned() < kPartitions) copier.Step();
  for (int i = 0; i < 5; ++i) copier.Step();
  KafkaBroker::Shared().Kill();
  std::thread restart([] { KafkaBroker::Shared().Start(); });
  const absl::Time deadline = absl::Now() + absl::Seconds(4);
  while (absl::Now() < deadline) copier.Step();
  restart.join();
  ExpectCopied([&] { copier.Step(); });
}

TEST_F(KafkaLogTest, ACommitWithoutAnswerIsSettledAndNothingIsDoubled) {
  auto writer = Open("writer");
  Write(*writer, 0, 300);
  Copier copier(topics_, "a");
  copier.set_records_max(20);
  while (copier.assigned() < kPartitions) copier.Step();
  // Records must be at hand: without any there is nothing to commit while the broker stands.
  for (int copied = 0; copied < 5;) copied += copier.Step() ? 1 : 0;
  KafkaBroker::Shared().Stop();
  // Until a commit has failed, from a thread that lets the broker go on: a step may wait for it.
  std::atomic<bool> failed{false};
  std::thread wake([&failed] {
    const absl::Time deadline = absl::Now() + absl::Seconds(40);
    while (!failed && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(50));
    KafkaBroker::Shared().Continue();
  });
  const absl::Time deadline = absl::Now() + absl::Seconds(40);
  while (copier.failures() == 0 && absl::Now() < deadline) copier.Step();
  failed = true;
  wake.join();
  EXPECT_GT(copier.failures(), 0);
  ExpectCopied([&] { copier.Step(); });
}

TEST_F(KafkaLogTest, ATopicThatIsMissingOrHasOtherPartitionsIsRefused) {
  auto log = Open("a");
  EXPECT_EQ(log->OpenTopic("nobody.made.it").status().code(),
            absl::StatusCode::kFailedPrecondition);
  kafka::KafkaLogOptions options;
  options.settings = KafkaBroker::Shared().Settings();
  options.settings.partitions = kPartitions + 1;
  options.name = topics_.prefix() + ".b";
  auto other = KafkaLog::Open(options, clock_, observer_);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ((*other)->OpenTopic(topics_.Name("in")).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// Found as imports that began a second late: of librdkafka's calls, some only connect at the tick
// of its timer.
TEST_F(KafkaLogTest, AHandleOpensWithoutWaitingForATick) {
  constexpr size_t kHandles = 9;
  std::array<absl::Duration, kHandles> took{};
  for (size_t i = 0; i < kHandles; ++i) {
    kafka::KafkaLogOptions options;
    options.settings = KafkaBroker::Shared().Settings();
    options.name = topics_.prefix() + ".tick";
    options.writes = false;
    const int64_t began = clock_.MonotonicNanos();
    const auto log = KafkaLog::Open(options, clock_, observer_);
    ASSERT_TRUE(log.ok()) << log.status();
    took.at(i) = absl::Nanoseconds(clock_.MonotonicNanos() - began);
  }
  // Not the slowest: other tests have the cores too.
  std::sort(took.begin(), took.end());
  EXPECT_LT(took.at(kHandles / 2), absl::Milliseconds(500));
}

TEST_F(KafkaLogTest, TheTopicsOfAnInstallationAreCreatedAndChecked) {
  const auto specs = kafka::TopicsFor(stream::Topics(topics_.prefix()), {"crm"}, topics_.policy());
  EXPECT_EQ(topics_.admin().Check(specs).code(), absl::StatusCode::kFailedPrecondition);
  const auto created = topics_.admin().Create(specs);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->size(), specs.size());
  const absl::Status fits = topics_.admin().Check(specs);
  EXPECT_TRUE(fits.ok()) << fits;
  const auto again = topics_.admin().Create(specs);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->empty());
  auto longer = specs;
  longer[0].retention = absl::Hours(24 * 365);
  longer[1].cleanup = kafka::Cleanup::kCompact;
  const absl::Status refused = topics_.admin().Check(longer);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(base::Message(refused).find("retention.ms"), std::string_view::npos) << refused;
  EXPECT_NE(base::Message(refused).find("cleanup.policy"), std::string_view::npos) << refused;
}

TEST_F(KafkaLogTest, UsersAreKnownByPassword) {
  kafka::KafkaLogOptions options;
  options.settings = KafkaBroker::Shared().Settings();
  options.settings.brokers = KafkaBroker::Shared().sasl_address();
  options.settings.security = "sasl_plaintext";
  options.name = topics_.prefix() + ".user";
  const auto open = [&](const char* mechanism, const char* user, const char* password) {
    options.settings.sasl = {mechanism, user, password};
    return KafkaLog::Open(options, clock_, observer_).status();
  };
  EXPECT_EQ(open("PLAIN", "alice", "wonderland"), absl::OkStatus());
  // Right credentials, refused: when this fails, the library was mended, and the documents are to
  // be too.
  EXPECT_NE(base::Message(open("SCRAM-SHA-256", "bob", "builder")).find("SCRAM of librdkafka"),
            std::string_view::npos);
  const absl::Status refused = open("PLAIN", "alice", "wrong");
  EXPECT_NE(base::Message(refused).find("uthentication"), std::string_view::npos) << refused;
}

}  // namespace
}  // namespace sluice::contract

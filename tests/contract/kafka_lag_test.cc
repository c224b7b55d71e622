// What a group has not read yet, as a real broker tells it.
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/kafka/kafka_log.h"
#include "common/kafka/lag_reader.h"
#include "tests/testing/kafka_topics.h"

namespace sluice::contract {
namespace {

using kafka::KafkaLog;
using testing::KafkaBroker;
using testing::KafkaTopics;

class KafkaLagTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kafka::KafkaLogOptions options;
    options.settings = KafkaBroker::Shared().Settings();
    options.name = topics_.prefix() + ".lag";
    // The first to write waits for the broker to make its own topics.
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    auto log = KafkaLog::Open(options, clock_, observer_);
    while (base::IsRetryable(log.status()) && absl::Now() < deadline) {
      log = KafkaLog::Open(options, clock_, observer_);
    }
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = std::move(*log);
    const auto topic = log_->OpenTopic(topics_.Name("in"));
    ASSERT_TRUE(topic.ok()) << topic.status();
    topic_ = *topic;
    auto reader = kafka::LagReader::Open(options.settings, topics_.prefix() + ".meter", observer_);
    ASSERT_TRUE(reader.ok()) << reader.status();
    reader_ = std::move(*reader);
  }

  void Write(int records) {
    const auto transaction = log_->Begin();
    for (int i = 0; i < records; ++i) {
      transaction->Append({topic_, kPartition}, {}, {}, std::to_string(i));
    }
    const auto committed = transaction->Commit();
    ASSERT_TRUE(committed.ok()) << committed.status();
    topics_.AwaitSettled();
  }
  // Takes at most so many records, and commits.
  void Read(size_t records) {
    if (source_ == nullptr) {
      auto source = log_->OpenSource("copy", topic_);
      ASSERT_TRUE(source.ok()) << source.status();
      source_ = std::move(*source);
    }
    stream::RecordBatch batch;
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (batch.records.empty() && absl::Now() < deadline) {
      const absl::Status polled = source_->Poll({records, 1 << 20}, batch);
      ASSERT_TRUE(polled.ok() || base::IsRetryable(polled)) << polled;
    }
    ASSERT_FALSE(batch.records.empty());
    const auto transaction = log_->Begin();
    transaction->Consumed("copy", {topic_, kPartition}, batch.next_offset);
    const auto committed = transaction->Commit();
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  kafka::Lag Measure() {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (true) {
      const auto lag = reader_->Measure(topics_.Name("in"), "copy", kPartition);
      // A topic that was just made may not have a leader yet.
      if (!lag.ok() && base::IsRetryable(lag.status()) && absl::Now() < deadline) continue;
      EXPECT_TRUE(lag.ok()) << lag.status();
      return lag.value_or(kafka::Lag());
    }
  }
  // The lag once the offset of the last transaction is known to the group.
  kafka::Lag MeasureUntil(uint64_t records_max) {
    kafka::Lag lag = Measure();
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (lag.records > records_max && absl::Now() < deadline) lag = Measure();
    return lag;
  }

  static constexpr uint32_t kPartition = 1;
  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  KafkaTopics topics_;
  std::unique_ptr<KafkaLog> log_;
  stream::TopicId topic_ = 0;
  std::unique_ptr<stream::RecordSource> source_;
  std::unique_ptr<kafka::LagReader> reader_;
};

TEST_F(KafkaLagTest, NothingWrittenIsNoLag) {
  const kafka::Lag lag = Measure();
  EXPECT_EQ(lag.records, 0u);
  EXPECT_FALSE(lag.oldest.has_value());
}

TEST_F(KafkaLagTest, TheOldestRecordNotReadIsTheOneAtTheCommittedOffset) {
  const absl::Time before_first = absl::Now() - absl::Milliseconds(1);
  Write(10);
  const absl::Time after_first = absl::Now();
  // Times of records are in milliseconds: the second batch must be told from the first.
  while (absl::Now() < after_first + absl::Milliseconds(20)) absl::SleepFor(absl::Milliseconds(5));
  Write(5);

  kafka::Lag lag = Measure();
  EXPECT_GE(lag.records, 15u);
  ASSERT_TRUE(lag.oldest.has_value());
  EXPECT_GE(*lag.oldest, before_first);
  EXPECT_LE(*lag.oldest, after_first);

  Read(10);
  // A block of five between two markers, each taken for as much.
  lag = MeasureUntil(15);
  EXPECT_GE(lag.records, 5u);
  ASSERT_TRUE(lag.oldest.has_value());
  EXPECT_GT(*lag.oldest, after_first);
  // Closing with fetched records that nobody took is nothing special.
  reader_.reset();
}

TEST_F(KafkaLagTest, MarkersOfTransactionsAreNoLag) {
  Write(3);
  Read(3);
  EXPECT_EQ(MeasureUntil(0).records, 0u);
  // The group stands before the marker of the last transaction, the partition ends behind it.
  EXPECT_FALSE(Measure().oldest.has_value());
}

}  // namespace
}  // namespace sluice::contract

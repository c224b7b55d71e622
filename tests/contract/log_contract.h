// What every log must do, whoever keeps it. A log joins by instantiating the suite with a fixture
// that opens it, and opens it again as after a restart.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/stream/log.h"

namespace sluice::contract {

// Owns one log in a place of its own.
class LogFixture {
 public:
  virtual ~LogFixture() = default;
  virtual stream::Log& log() = 0;
  virtual const stream::StateReader& state() = 0;
  // Closes the log and opens it again.
  virtual void Reopen() = 0;
  // The name under which the log has the topic, which is there when this returns.
  virtual std::string TopicName(std::string_view name) { return std::string(name); }
  // Waits until all that was committed can be read.
  virtual void AwaitVisible() {}
};

using LogFixtureFactory = std::unique_ptr<LogFixture> (*)();

class LogContract : public testing::TestWithParam<LogFixtureFactory> {
 protected:
  void SetUp() override { fixture_ = GetParam()(); }
  stream::Log& log() { return fixture_->log(); }

  stream::TopicId Topic(std::string_view name) {
    auto topic = log().OpenTopic(fixture_->TopicName(name));
    EXPECT_TRUE(topic.ok()) << topic.status();
    return *topic;
  }
  static void Add(stream::Transaction& transaction, stream::TopicPartition to,
                  std::string_view value) {
    transaction.Append(to, {stream::RecordKind::kData, "01import", 7}, "", value);
  }
  void Write(stream::TopicPartition to, const std::vector<std::string>& values) {
    auto transaction = log().Begin();
    for (const std::string& value : values) Add(*transaction, to, value);
    auto committed = transaction->Commit();
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  // Whether the source has all partitions and has read them to their ends.
  bool HasReadAll(const stream::RecordSource& source) {
    const std::vector<uint32_t>& partitions = source.assignment().partitions;
    if (partitions.size() != log().partitions()) return false;
    for (const uint32_t partition : partitions) {
      const auto end = log().offsets().End({topics_.at(&source), partition});
      EXPECT_TRUE(end.ok()) << end.status();
      if (!end.ok() || source.Position(partition) < *end) return false;
    }
    return true;
  }
  // All values that can be read now, by partition, in order.
  std::map<uint32_t, std::vector<std::string>> ReadAll(stream::RecordSource& source,
                                                       stream::PollLimits limits = {}) {
    fixture_->AwaitVisible();
    std::map<uint32_t, std::vector<std::string>> values;
    stream::RecordBatch batch;
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline) {
      const uint64_t seen = log().WaitForWrite(UINT64_MAX, absl::ZeroDuration());
      const absl::Status status = source.Poll(limits, batch);
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok()) return values;
      for (const stream::Record& record : batch.records) {
        values[batch.partition].emplace_back(record.value);
      }
      if (!batch.records.empty()) continue;
      if (HasReadAll(source)) return values;
      log().WaitForWrite(seen, absl::Milliseconds(100));
    }
    ADD_FAILURE() << "the log is not read to its end";
    return values;
  }
  // The next records, waiting for them.
  void ReadSome(stream::RecordSource& source, const stream::PollLimits& limits,
                stream::RecordBatch& batch) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline) {
      const uint64_t seen = log().WaitForWrite(UINT64_MAX, absl::ZeroDuration());
      ASSERT_TRUE(source.Poll(limits, batch).ok());
      if (!batch.records.empty()) return;
      log().WaitForWrite(seen, absl::Milliseconds(100));
    }
    FAIL() << "no record comes";
  }
  std::unique_ptr<stream::RecordSource> Source(std::string_view group, stream::TopicId topic) {
    auto source = log().OpenSource(group, topic);
    EXPECT_TRUE(source.ok()) << source.status();
    topics_[source->get()] = topic;
    return std::move(*source);
  }

  // By the sources that read them.
  std::map<const stream::RecordSource*, stream::TopicId> topics_;
  std::unique_ptr<LogFixture> fixture_;
};

TEST_P(LogContract, RecordsOfAPartitionAreReadInTheOrderTheyWereWritten) {
  const auto topic = Topic("t");
  Write({topic, 0}, {"a", "b"});
  Write({topic, 1}, {"x"});
  Write({topic, 0}, {"c"});
  auto source = Source("g", topic);
  auto values = ReadAll(*source);
  EXPECT_EQ(values[0], (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(values[1], (std::vector<std::string>{"x"}));
  EXPECT_TRUE(ReadAll(*source).empty());
}

TEST_P(LogContract, HeadersAndKeysComeBack) {
  const auto topic = Topic("t");
  auto transaction = log().Begin();
  transaction->Append({topic, 0}, {stream::RecordKind::kEndOfImport, "01abc", 42},
                      "0123456789abcdef", "v");
  ASSERT_TRUE(transaction->Commit().ok());
  auto source = Source("g", topic);
  stream::RecordBatch batch;
  ReadSome(*source, {}, batch);
  const stream::Record& record = batch.records[0];
  EXPECT_EQ(record.headers.kind, stream::RecordKind::kEndOfImport);
  EXPECT_EQ(record.headers.import_id, "01abc");
  EXPECT_EQ(record.headers.row, 42u);
  EXPECT_EQ(record.key, "0123456789abcdef");
  EXPECT_EQ(record.value, "v");
}

TEST_P(LogContract, NothingOfATransactionThatWasNotCommittedIsSeen) {
  const auto topic = Topic("t");
  {
    auto transaction = log().Begin();
    Add(*transaction, {topic, 0}, "lost");
  }
  Write({topic, 0}, {"kept"});
  auto source = Source("g", topic);
  EXPECT_EQ(ReadAll(*source)[0], (std::vector<std::string>{"kept"}));
}

TEST_P(LogContract, OutputsOffsetsAndStateOfATransactionComeTogetherAfterARestart) {
  const auto in = Topic("in");
  const auto out = Topic("out");
  Write({in, 0}, {"1", "2"});
  Write({in, 0}, {"3"});
  auto source = Source("g", in);
  stream::RecordBatch batch;
  ReadSome(*source, {2, 1 << 20}, batch);
  ASSERT_EQ(batch.records.size(), 2u);
  auto transaction = log().Begin();
  Add(*transaction, {out, 0}, "out");
  transaction->Consumed("g", {in, 0}, batch.next_offset);
  transaction->Change({stream::StateChange::Kind::kPut, 0, "key", "value"});
  ASSERT_TRUE(transaction->Commit().ok());
  source.reset();
  fixture_->Reopen();
  auto again = Source("g", Topic("in"));
  EXPECT_EQ(ReadAll(*again)[0], (std::vector<std::string>{"3"}));
  auto outputs = Source("h", Topic("out"));
  EXPECT_EQ(ReadAll(*outputs)[0], (std::vector<std::string>{"out"}));
  std::vector<std::string> values;
  std::vector<bool> found;
  ASSERT_TRUE(fixture_->state().MultiGet(0, {"key", "other"}, values, found).ok());
  EXPECT_TRUE(found[0]);
  EXPECT_EQ(values[0], "value");
  EXPECT_FALSE(found[1]);
}

TEST_P(LogContract, DroppingAPrefixOfStateLeavesTheRest) {
  auto transaction = log().Begin();
  transaction->Change({stream::StateChange::Kind::kPut, 0, "a1", "x"});
  transaction->Change({stream::StateChange::Kind::kPut, 0, "a2", "x"});
  transaction->Change({stream::StateChange::Kind::kPut, 0, "b1", "x"});
  transaction->Change({stream::StateChange::Kind::kPut, 1, "a1", "x"});
  ASSERT_TRUE(transaction->Commit().ok());
  transaction = log().Begin();
  transaction->Change({stream::StateChange::Kind::kDropPrefix, 0, "a", ""});
  transaction->Change({stream::StateChange::Kind::kPut, 0, "a3", "y"});
  ASSERT_TRUE(transaction->Commit().ok());
  std::vector<std::string> values;
  std::vector<bool> found;
  ASSERT_TRUE(fixture_->state().MultiGet(0, {"a1", "a2", "a3", "b1"}, values, found).ok());
  EXPECT_EQ(found, (std::vector<bool>{false, false, true, true}));
  ASSERT_TRUE(fixture_->state().MultiGet(1, {"a1"}, values, found).ok());
  EXPECT_TRUE(found[0]);
}

TEST_P(LogContract, TablesKeepTheLastValueOfAKeyInOffsetOrder) {
  const auto topic = Topic("table");
  const auto upsert = [&](std::string_view key, std::string_view value) {
    auto transaction = log().Begin();
    transaction->Upsert({topic, 0}, key, value);
    ASSERT_TRUE(transaction->Commit().ok());
  };
  upsert("a", "1");
  upsert("b", "2");
  upsert("a", "3");
  upsert("c", "4");
  upsert("c", "");
  std::vector<std::string> seen;
  const auto visit = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) seen.push_back(std::string(key) + std::string(value));
  };
  fixture_->AwaitVisible();
  auto end = log().ReadTable({topic, 0}, 0, visit);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"b2", "a3"}));
  upsert("d", "5");
  seen.clear();
  fixture_->AwaitVisible();
  ASSERT_TRUE(log().ReadTable({topic, 0}, *end, visit).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"d5"}));
}

TEST_P(LogContract, SeekGoesBackAndRefusesWhatTheLogDoesNotHave) {
  const auto topic = Topic("t");
  Write({topic, 0}, {"a", "b", "c"});
  auto source = Source("g", topic);
  ReadAll(*source);
  auto start = log().offsets().Start({topic, 0});
  ASSERT_TRUE(start.ok());
  ASSERT_TRUE(source->Seek(0, *start).ok());
  EXPECT_EQ(ReadAll(*source)[0].size(), 3u);
  auto end = log().offsets().End({topic, 0});
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(source->Seek(0, *end + 1).ok());
}

TEST_P(LogContract, ManyRecordsInSmallPollsAreReadOnceEach) {
  const auto topic = Topic("t");
  std::vector<std::string> written;
  for (int t = 0; t < 20; ++t) {
    std::vector<std::string> part;
    for (int i = 0; i < 137; ++i) {
      part.push_back(std::to_string(t) + "/" + std::to_string(i) + std::string(i * 13 % 700, 'x'));
    }
    Write({topic, 2}, part);
    written.insert(written.end(), part.begin(), part.end());
  }
  auto source = Source("g", topic);
  EXPECT_EQ(ReadAll(*source, {10, 4096})[2], written);
}

TEST_P(LogContract, WhatWasWaitedForIsDurableAndWritesWakeReaders) {
  const auto topic = Topic("t");
  const uint64_t seen = log().WaitForWrite(0, absl::ZeroDuration());
  auto transaction = log().Begin();
  Add(*transaction, {topic, 0}, "a");
  auto position = transaction->Commit();
  ASSERT_TRUE(position.ok());
  EXPECT_NE(log().WaitForWrite(seen, absl::Seconds(10)), seen);
  EXPECT_TRUE(log().WaitDurable(*position).ok());
  EXPECT_GE(log().position(), *position);
}

TEST_P(LogContract, ASourceSaysWhatItIsAssigned) {
  const auto topic = Topic("t");
  Write({topic, 1}, {"a"});
  auto source = Source("g", topic);
  ReadAll(*source);
  std::vector<uint32_t> all;
  for (uint32_t p = 0; p < log().partitions(); ++p) all.push_back(p);
  EXPECT_EQ(source->assignment().partitions, all);
  const uint64_t generation = source->assignment().generation;
  EXPECT_TRUE(source->Attend().ok());
  EXPECT_EQ(source->assignment().generation, generation);
}

TEST_P(LogContract, TheIdStaysTheSame) {
  const std::string id(log().id());
  EXPECT_FALSE(id.empty());
  fixture_->Reopen();
  EXPECT_EQ(log().id(), id);
}

}  // namespace sluice::contract

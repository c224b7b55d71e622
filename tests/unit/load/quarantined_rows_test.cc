#include "load/quarantined_rows.h"

#include <gtest/gtest.h>

#include <map>

#include "common/embedded/embedded_log.h"
#include "common/stream/topics.h"
#include "load/sqlite_sink.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::load {
namespace {

namespace recordpb = pipeline::recordpb;

// Keeps what it is given.
class KeepingTransaction : public stream::Transaction {
 public:
  struct Message {
    stream::TopicPartition to;
    std::string key;
    std::string value;
    std::map<std::string, std::string> headers;
  };

  void Append(stream::TopicPartition to, const stream::RecordHeaders& headers, std::string_view key,
              std::string_view value) override {
    EXPECT_EQ(headers.kind, stream::RecordKind::kQuarantined);
    Message& message = messages.emplace_back();
    message.to = to;
    message.key = key;
    message.value = value;
    for (const auto& [name, said] : headers.named) message.headers.emplace(name, said);
  }
  void Upsert(stream::TopicPartition, std::string_view, std::string_view) override {}
  void Consumed(std::string_view, stream::TopicPartition, uint64_t) override {}
  void Change(const stream::StateChange&) override {}
  absl::StatusOr<stream::LogPosition> Commit() override { return stream::LogPosition{}; }

  std::vector<Message> messages;
};

class QuarantinedRowsTest : public ::testing::Test {
 protected:
  QuarantinedRowsTest() {
    embedded::EmbeddedLogOptions options;
    options.rocks.path = directory_.path() + "/log";
    log_ = *embedded::EmbeddedLog::Open(options, ids_);
    topic_ = *log_->OpenTopic("mapped");
    database::SqliteOptions sink;
    sink.path = directory_.path() + "/sink.db";
    sink_ = *SqliteSink::Open(sink, random_);
    rows_.emplace(pipeline::QuarantineOptions{kTopic, "mapped", "sluice", "host"}, *log_, topic_);
  }

  static recordpb::StageResult ResultOf(recordpb::Outcome outcome) {
    recordpb::StageResult result;
    recordpb::RowResult& row = *result.add_rows();
    row.set_row(7);
    row.set_outcome(outcome);
    row.set_code("ambiguous_match");
    return result;
  }
  // A record of offset 3 that ended as review, in a transaction of the sink up to offset 5.
  void Commit(QuarantinedRows::Kept& kept) {
    const stream::Record record{3, {stream::RecordKind::kData, "import", 7}, "key", "value"};
    rows_->Note(record, 0, ResultOf(recordpb::OUTCOME_REVIEW), 0);
    ASSERT_TRUE(sink_->Begin().ok());
    ASSERT_TRUE(rows_->Keep(*sink_, {"mapped", 0, 5, {}}, kept).ok());
    ASSERT_TRUE(sink_->Commit().ok());
  }
  // As a loader that starts.
  std::vector<KeepingTransaction::Message> SentFromTheOutbox() {
    KeepingTransaction transaction;
    const auto pending = sink_->ReadPending();
    EXPECT_EQ(pending->size(), 1u);
    for (const PendingResult& result : *pending) {
      const auto row = rows_->SendPending(result, transaction);
      EXPECT_TRUE(row.ok() && *row) << row.status();
    }
    return transaction.messages;
  }

  static constexpr stream::TopicId kTopic = 42;
  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::UlidGenerator ids_{clock_, random_};
  std::unique_ptr<embedded::EmbeddedLog> log_;
  stream::TopicId topic_ = 0;
  std::unique_ptr<SqliteSink> sink_;
  std::optional<QuarantinedRows> rows_;
};

TEST_F(QuarantinedRowsTest, SaysWhereARowComesFromAndWhy) {
  QuarantinedRows::Kept kept;
  Commit(kept);
  KeepingTransaction transaction;
  rows_->Send(kept, transaction);
  ASSERT_EQ(transaction.messages.size(), 1u);
  const auto& message = transaction.messages[0];
  EXPECT_EQ(message.to, (stream::TopicPartition{kTopic, 0}));
  EXPECT_EQ(message.key, "key");
  EXPECT_EQ(message.value, "value");
  const std::map<std::string, std::string> expected = {
      {"__connect.errors.topic", "mapped"},
      {"__connect.errors.partition", "0"},
      {"__connect.errors.offset", "3"},
      {"__connect.errors.connector.name", "sluice"},
      {"__connect.errors.task.id", "host"},
      {"__connect.errors.stage", "LOAD"},
      {"__connect.errors.class.name", "ambiguous_match"},
      {"__connect.errors.exception.class.name", "sluice.review"},
      {"__connect.errors.exception.message",
       "row 7 of import import needs review: ambiguous_match"},
      {"sluice.error.outcome", "review"},
      {"sluice.error.reason", "ambiguous_match"},
      {"sluice.error.retryable", "true"},
      {"sluice.error.attempt", "1"},
  };
  EXPECT_EQ(message.headers, expected);
}

TEST_F(QuarantinedRowsTest, WhatWasCommittedAndNotSentIsSentAtTheNextStart) {
  QuarantinedRows::Kept kept;
  Commit(kept);
  const auto sent = SentFromTheOutbox();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].value, "value");
}

TEST_F(QuarantinedRowsTest, WhatWasSentIsNotSentAgainThoughTheSinkStillHasIt) {
  QuarantinedRows::Kept kept;
  Commit(kept);
  const auto transaction = log_->Begin();
  transaction->Consumed(stream::kLoadGroup, {topic_, 0}, 5);
  ASSERT_TRUE(transaction->Commit().ok());
  EXPECT_TRUE(SentFromTheOutbox().empty());
}

TEST_F(QuarantinedRowsTest, OtherRowsAndResultsAreNoneOfIts) {
  const stream::Record record{3, {stream::RecordKind::kData, "import", 7}, "key", "value"};
  rows_->Note(record, 0, ResultOf(recordpb::OUTCOME_SKIPPED), 0);
  // Of a record before.
  rows_->Note(record, 0, ResultOf(recordpb::OUTCOME_REVIEW), 1);
  QuarantinedRows::Kept kept;
  ASSERT_TRUE(rows_->Keep(*sink_, {"mapped", 0, 5, {}}, kept).ok());
  EXPECT_TRUE(kept.empty());
  KeepingTransaction transaction;
  const PendingResult result{"mapped", 0, 5,
                             ResultOf(recordpb::OUTCOME_REVIEW).SerializeAsString()};
  const auto row = rows_->SendPending(result, transaction);
  ASSERT_TRUE(row.ok());
  EXPECT_FALSE(*row);
  EXPECT_TRUE(transaction.messages.empty());
}

}  // namespace
}  // namespace sluice::load

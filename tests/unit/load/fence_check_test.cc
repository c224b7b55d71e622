#include "load/fence_check.h"

#include <gtest/gtest.h>

#include "common/embedded/embedded_log.h"
#include "common/pipeline/result_builder.h"
#include "common/stream/topics.h"
#include "load/sqlite_sink.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::load {
namespace {

// A log with ten records in partition 0 of a topic, and a sink that was given some of them.
class FenceCheckTest : public ::testing::Test {
 protected:
  FenceCheckTest() {
    embedded::EmbeddedLogOptions options;
    options.rocks.path = directory_.path() + "/log";
    log_ = *embedded::EmbeddedLog::Open(options, ids_);
    topic_ = {"mapped", *log_->OpenTopic("mapped")};
    const auto transaction = log_->Begin();
    for (int i = 0; i < 10; ++i) transaction->Append({topic_.id, 0}, {}, "", "record");
    EXPECT_TRUE(transaction->Commit().ok());
    database::SqliteOptions sink;
    sink.path = directory_.path() + "/sink.db";
    sink_ = *SqliteSink::Open(sink, random_);
  }

  void Load(uint64_t from, uint64_t to) {
    ASSERT_TRUE(sink_->Begin().ok());
    ASSERT_TRUE(sink_->MoveFence({topic_.name, 0, std::string(log_->id()), from}, to).ok());
    pipeline::recordpb::StageResult result;
    result.set_transaction_from(from);
    ASSERT_TRUE(sink_->AddPending({topic_.name, 0, to, result.SerializeAsString()}).ok());
    ASSERT_TRUE(sink_->Commit().ok());
  }
  void Publish(uint64_t to) {
    const auto transaction = log_->Begin();
    transaction->Consumed(stream::kLoadGroup, {topic_.id, 0}, to);
    ASSERT_TRUE(transaction->Commit().ok());
  }
  void DropPending(uint64_t to) {
    ASSERT_TRUE(sink_->Begin().ok());
    ASSERT_TRUE(sink_->DropPending(topic_.name, 0, to).ok());
    ASSERT_TRUE(sink_->Commit().ok());
  }
  absl::Status Check() { return CheckLogKnows(*sink_, *log_, topic_); }

  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::UlidGenerator ids_{clock_, random_};
  std::unique_ptr<embedded::EmbeddedLog> log_;
  FeedingTopic topic_;
  std::unique_ptr<SqliteSink> sink_;
};

TEST_F(FenceCheckTest, ALoaderMayEndAnywhere) {
  EXPECT_TRUE(Check().ok());
  Load(0, 4);
  EXPECT_TRUE(Check().ok()) << "committed, and not yet told";
  Publish(4);
  EXPECT_TRUE(Check().ok()) << "told, and not yet known to be safe";
  DropPending(4);
  EXPECT_TRUE(Check().ok());
  Load(4, 7);
  EXPECT_TRUE(Check().ok());
}

TEST_F(FenceCheckTest, ALogThatHasForgottenWhatItWasToldIsOlder) {
  Load(0, 4);
  // The log in which it was published is another copy.
  DropPending(4);
  EXPECT_TRUE(absl::IsOutOfRange(Check()));
  Publish(3);
  EXPECT_TRUE(absl::IsOutOfRange(Check()));
}

TEST_F(FenceCheckTest, ASinkThatHasLivedOnAndWhoseLastResultsWait) {
  Load(0, 4);
  Publish(4);
  Load(4, 7);
  EXPECT_TRUE(Check().ok());
  // Published into another copy of the log.
  DropPending(7);
  Load(7, 9);
  EXPECT_TRUE(absl::IsOutOfRange(Check()));
  Publish(7);
  EXPECT_TRUE(Check().ok());
}

}  // namespace
}  // namespace sluice::load

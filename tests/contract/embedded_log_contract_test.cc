#include <gtest/gtest.h>

#include "common/embedded/embedded_log.h"
#include "tests/contract/log_contract.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

class EmbeddedFixture : public LogFixture {
 public:
  EmbeddedFixture() { Open(); }
  stream::Log& log() override { return *log_; }
  const stream::StateReader& state() override { return log_->state(); }
  void Reopen() override {
    log_.reset();
    Open();
  }

 private:
  void Open() {
    embedded::EmbeddedLogOptions options;
    options.rocks.path = directory_.path() + "/log";
    // Small enough that eviction from the tail cache is met.
    options.tail_cache_bytes = 64 << 10;
    auto log = embedded::EmbeddedLog::Open(options, ids_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = std::move(*log);
  }

  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  base::UlidGenerator ids_{clock_, random_};
  std::unique_ptr<embedded::EmbeddedLog> log_;
};

std::unique_ptr<LogFixture> MakeEmbedded() {
  return std::make_unique<EmbeddedFixture>();
}

INSTANTIATE_TEST_SUITE_P(Embedded, LogContract, ::testing::Values(&MakeEmbedded),
                         [](const auto&) { return "Embedded"; });

TEST(EmbeddedLogTest, TrimmingDropsWholeBlocksAndKeepsTheEnd) {
  testing::TemporaryDirectory directory;
  base::SystemClock clock;
  base::SystemRandom random;
  base::UlidGenerator ids(clock, random);
  embedded::EmbeddedLogOptions options;
  options.rocks.path = directory.path() + "/log";
  options.tail_cache_bytes = 0;
  {
    auto log = embedded::EmbeddedLog::Open(options, ids);
    ASSERT_TRUE(log.ok()) << log.status();
    const auto topic = *(*log)->OpenTopic("t");
    for (int i = 0; i < 3; ++i) {
      auto transaction = (*log)->Begin();
      for (int k = 0; k < 10; ++k) transaction->Append({topic, 0}, {}, "", "v");
      ASSERT_TRUE(transaction->Commit().ok());
    }
    ASSERT_TRUE((*log)->Trim({topic, 0}, 15).ok());
    EXPECT_EQ(*(*log)->Start({topic, 0}), 10u);
    ASSERT_TRUE((*log)->Trim({topic, 0}, 30).ok());
    EXPECT_EQ(*(*log)->Start({topic, 0}), 30u);
  }
  auto log = embedded::EmbeddedLog::Open(options, ids);
  ASSERT_TRUE(log.ok()) << log.status();
  const auto topic = *(*log)->OpenTopic("t");
  EXPECT_EQ(*(*log)->Start({topic, 0}), 30u);
  EXPECT_EQ(*(*log)->End({topic, 0}), 30u);
}

TEST(EmbeddedLogTest, ACopyIsTheSameLogAtThatMoment) {
  testing::TemporaryDirectory directory;
  base::SystemClock clock;
  base::SystemRandom random;
  base::UlidGenerator ids(clock, random);
  embedded::EmbeddedLogOptions options;
  options.rocks.path = directory.path() + "/log";
  auto log = embedded::EmbeddedLog::Open(options, ids);
  ASSERT_TRUE(log.ok()) << log.status();
  const auto topic = *(*log)->OpenTopic("t");
  const auto append = [&](uint64_t consumed) {
    auto transaction = (*log)->Begin();
    for (int k = 0; k < 10; ++k) transaction->Append({topic, 0}, {}, "", "v");
    transaction->Consumed("group", {topic, 0}, consumed);
    ASSERT_TRUE(transaction->Commit().ok());
  };
  append(3);
  const std::string copied = directory.path() + "/copy";
  ASSERT_TRUE((*log)->CopyTo(copied).ok());
  append(15);
  ASSERT_TRUE((*log)->Trim({topic, 0}, 20).ok());
  EXPECT_FALSE((*log)->CopyTo(copied).ok()) << "over nothing that is there";
  options.rocks.path = copied;
  auto copy = embedded::EmbeddedLog::Open(options, ids);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->id(), (*log)->id());
  EXPECT_EQ(*(*copy)->OpenTopic("t"), topic);
  EXPECT_EQ(*(*copy)->Start({topic, 0}), 0u);
  EXPECT_EQ(*(*copy)->End({topic, 0}), 10u);
  EXPECT_EQ(*(*copy)->Committed("group", {topic, 0}), 3u);
}

TEST(EmbeddedLogTest, AnotherNumberOfPartitionsIsRefused) {
  testing::TemporaryDirectory directory;
  base::SystemClock clock;
  base::SystemRandom random;
  base::UlidGenerator ids(clock, random);
  embedded::EmbeddedLogOptions options;
  options.rocks.path = directory.path() + "/log";
  ASSERT_TRUE(embedded::EmbeddedLog::Open(options, ids).ok());
  options.partitions = 7;
  EXPECT_EQ(embedded::EmbeddedLog::Open(options, ids).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::contract

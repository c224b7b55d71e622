// State over Kafka: the changelog is the truth, the files here only a view of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/kafka/kafka_log.h"
#include "tests/testing/kafka_topics.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

using stream::StateChange;
using testing::KafkaBroker;
using testing::KafkaTopics;

class RestoreWatch : public kafka::KafkaObserver {
 public:
  void OnRestore(const kafka::RestoreProgress& progress) override {
    rebuilt = rebuilt || progress.rebuilt;
    if (progress.at == progress.from) replayed += progress.to - progress.from;
  }
  bool rebuilt = false;
  uint64_t replayed = 0;
};

// A stage that remembers: one handle with a source and state.
class KafkaStateTest : public ::testing::Test {
 protected:
  ~KafkaStateTest() override { Close(); }

  std::string path() const { return directory_.path() + "/state"; }
  void Open() {
    watch_ = {};
    kafka::KafkaLogOptions options;
    options.settings = KafkaBroker::Shared().Settings();
    options.name = topics_.prefix() + ".stage";
    options.state.emplace();
    options.state->input = topics_.Name("in");
    options.state->changelog = topics_.Name("state");
    options.state->rocks.path = path();
    options.state->checkpoint_every = absl::ZeroDuration();
    options.state->age_max = age_max_;
    auto log = kafka::KafkaLog::Open(options, clock_, watch_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = std::move(*log);
    in_ = *log_->OpenTopic(topics_.Name("in"));
    auto source = log_->OpenSource("stage", in_);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = std::move(*source);
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (source_->assignment().partitions.empty() && absl::Now() < deadline) {
      ASSERT_TRUE(source_->Attend().ok());
    }
    ASSERT_EQ(source_->assignment().partitions.size(), 3u);
  }
  void Close() {
    source_.reset();
    log_.reset();
  }
  // Reads one record of partition 0 and remembers something with it.
  void Remember(const std::vector<StateChange>& changes) {
    auto transaction = log_->Begin();
    transaction->Append({in_, 0}, {}, {}, "v");
    ASSERT_TRUE(transaction->Commit().ok());
    stream::RecordBatch batch;
    while (batch.records.empty()) ASSERT_TRUE(source_->Poll({}, batch).ok());
    transaction = log_->Begin();
    for (const StateChange& change : changes) transaction->Change(change);
    transaction->Consumed("stage", {in_, 0}, batch.next_offset);
    const auto committed = transaction->Commit();
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  std::string Get(const std::string& key) {
    std::vector<std::string> values;
    std::vector<bool> found;
    EXPECT_TRUE(log_->state().MultiGet(0, {key}, values, found).ok());
    return found[0] ? values[0] : "";
  }
  void RememberSome() {
    Remember({{StateChange::Kind::kPut, 0, "a1", "1"}, {StateChange::Kind::kPut, 0, "b1", "2"}});
    Remember({{StateChange::Kind::kPut, 0, "a2", "3"}});
    Remember({{StateChange::Kind::kDropPrefix, 0, "a", {}},
              {StateChange::Kind::kPut, 0, "a3", "4"},
              {StateChange::Kind::kPut, 0, "b2", "5"}});
    Remember({{StateChange::Kind::kDelete, 0, "b2", {}}});
  }
  void ExpectSome() {
    EXPECT_EQ(Get("a1"), "");
    EXPECT_EQ(Get("a2"), "");
    EXPECT_EQ(Get("a3"), "4");
    EXPECT_EQ(Get("b1"), "2");
    EXPECT_EQ(Get("b2"), "");
  }

  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  absl::Duration age_max_ = absl::Hours(12);
  RestoreWatch watch_;
  KafkaTopics topics_;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::unique_ptr<stream::RecordSource> source_;
  stream::TopicId in_ = 0;
};

TEST_F(KafkaStateTest, AViewThatIsThereIsOnlyBroughtUpToDate) {
  Open();
  RememberSome();
  ExpectSome();
  topics_.AwaitSettled();
  // Its checkpoint follows what is settled.
  Remember({});
  Close();
  Open();
  ExpectSome();
  EXPECT_FALSE(watch_.rebuilt);
  EXPECT_LE(watch_.replayed, 2u);
}

TEST_F(KafkaStateTest, AViewThatIsLostIsBuiltAnew) {
  Open();
  RememberSome();
  Close();
  std::filesystem::remove_all(path());
  Open();
  EXPECT_TRUE(watch_.rebuilt);
  EXPECT_GT(watch_.replayed, 4u);
  ExpectSome();
}

TEST_F(KafkaStateTest, AViewThatIsDamagedIsBuiltAnew) {
  Open();
  RememberSome();
  Close();
  std::ofstream(path() + "/CURRENT", std::ios::trunc) << "MANIFEST-999999\n";
  for (const auto& file : std::filesystem::directory_iterator(path())) {
    if (file.path().filename().string().starts_with("MANIFEST")) {
      std::ofstream(file.path(), std::ios::trunc) << "no manifest";
    }
  }
  Open();
  ExpectSome();
}

TEST_F(KafkaStateTest, AViewThatIsTooOldIsBuiltAnew) {
  Open();
  RememberSome();
  Close();
  age_max_ = -absl::Seconds(1);
  Open();
  EXPECT_TRUE(watch_.rebuilt);
  ExpectSome();
}

TEST_F(KafkaStateTest, AViewOfAnotherPastIsBuiltAnew) {
  Open();
  RememberSome();
  Close();
  {
    // A copy that claims to have seen what the group never committed.
    state::RocksOptions rocks;
    rocks.path = path();
    auto local = state::LocalState::Open(rocks);
    ASSERT_TRUE(local.ok());
    auto checkpoint = (*local)->ReadCheckpoint(0);
    ASSERT_TRUE(checkpoint.ok() && checkpoint->has_value());
    (*checkpoint)->input_offset += 1000;
    auto changes = (*local)->Changes();
    changes.Add({StateChange::Kind::kPut, 0, "b1", "wrong"});
    changes.SetCheckpoint(0, **checkpoint);
    ASSERT_TRUE((*local)->Apply(changes).ok());
  }
  Open();
  EXPECT_TRUE(watch_.rebuilt);
  ExpectSome();
}

TEST_F(KafkaStateTest, WhatWasAbortedIsNotInTheState) {
  Open();
  RememberSome();
  {
    auto transaction = log_->Begin();
    transaction->Change({StateChange::Kind::kPut, 0, "b1", "lost"});
  }
  ExpectSome();
  Close();
  std::filesystem::remove_all(path());
  Open();
  ExpectSome();
}

}  // namespace
}  // namespace sluice::contract

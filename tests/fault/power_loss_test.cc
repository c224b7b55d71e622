// Power is lost under log, control and sink at one moment, over and over; then the import runs to
// its end and leaves what an undisturbed run leaves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/plan/plan_catalog.h"
#include "tests/testing/pipeline_driver.h"
#include "tests/testing/power_loss_file_system.h"
#include "tests/testing/power_loss_vfs.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {
namespace {

constexpr int kRows = 150;
constexpr uint64_t kFiles = 6;

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

// A machine with one pipeline on it.
class Machine {
 public:
  Machine(uint64_t seed, uint64_t batch_records) : random_(seed) {
    options_.directory = directory_.path();
    options_.env = files_.env();
    options_.vfs = vfs_.name();
    options_.seed = seed;
    options_.batch_records = batch_records;
    driver_ = std::make_unique<PipelineDriver>(options_);
  }

  PipelineDriver& driver() { return *driver_; }
  std::mt19937_64& random() { return random_; }

  void LosePower() {
    files_.LosePower();
    vfs_.LosePower();
    driver_->Kill();
    const bool keep_some = random_() % 2 == 0;
    files_.Restore(random_, keep_some);
    vfs_.Restore(random_, keep_some);
  }

 private:
  TemporaryDirectory directory_;
  PowerLossFileSystem files_;
  PowerLossVfs vfs_{"power-loss"};
  PipelineOptions options_;
  std::mt19937_64 random_;
  std::unique_ptr<PipelineDriver> driver_;
};

control::StartRequest RequestFor(uint64_t seed) {
  control::StartRequest request;
  request.in_file = static_cast<plan::planpb::InFile>(1 + seed % 3);
  return request;
}

PipelineResult Undisturbed(uint64_t seed) {
  Machine machine(1, 9);
  EXPECT_TRUE(machine.driver().Open().ok());
  const auto id = machine.driver().Start(TangledCustomers(seed, kRows), RequestFor(seed));
  EXPECT_TRUE(id.ok()) << id.status();
  const absl::Status ended = machine.driver().RunToEnd(*id);
  EXPECT_TRUE(ended.ok()) << ended;
  auto result = machine.driver().ReadResult(*id);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : PipelineResult{};
}

// Runs an import on a machine whose power fails at random steps.
void RunWithLosses(uint64_t seed, const PipelineResult& undisturbed) {
  Machine machine(seed, 3 + seed % 17);
  PipelineDriver& driver = machine.driver();
  std::mt19937_64& random = machine.random();
  const std::string csv = TangledCustomers(seed % kFiles, kRows);
  const auto open_and_start = [&]() -> absl::StatusOr<std::string> {
    const absl::Status opened = driver.Open();
    if (!opened.ok()) return opened;
    return driver.Start(csv, RequestFor(seed % kFiles));
  };
  auto id = open_and_start();
  ASSERT_TRUE(id.ok()) << id.status();
  const int losses = 1 + static_cast<int>(random() % 4);
  for (int loss = 0; loss < losses; ++loss) {
    for (uint64_t steps = random() % 80; steps > 0; --steps) {
      const auto step = driver.Step(static_cast<PipelinePart>(random() % kPipelineParts));
      ASSERT_TRUE(step.ok()) << step.status();
    }
    const auto ended = driver.Ended(*id);
    ASSERT_TRUE(ended.ok()) << ended.status();
    if (*ended) break;
    machine.LosePower();
    const auto again = open_and_start();
    ASSERT_TRUE(again.ok()) << "after loss " << loss << ": " << again.status();
    ASSERT_EQ(*again, *id) << "an import that was started is not known any more";
  }
  const absl::Status ended = driver.RunToEnd(*id);
  ASSERT_TRUE(ended.ok()) << ended;
  machine.LosePower();
  const absl::Status opened = driver.Open();
  ASSERT_TRUE(opened.ok()) << opened;
  const auto result = driver.ReadResult(*id);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->sink, undisturbed.sink);
  ASSERT_EQ(result->counts, undisturbed.counts);
}

TEST(PowerLossTest, AnImportEndsAsIfThePowerHadNeverFailed) {
  const uint64_t first = Setting("TEST_SLUICE_SEED", 1);
  const uint64_t losses = Setting("TEST_SLUICE_LOSSES", 100);
  std::map<uint64_t, PipelineResult> expected;
  for (uint64_t seed = first; seed < first + losses; ++seed) {
    SCOPED_TRACE(fmt::format("TEST_SLUICE_SEED={}", seed));
    const auto [undisturbed, fresh] = expected.try_emplace(seed % kFiles);
    if (fresh) undisturbed->second = Undisturbed(seed % kFiles);
    RunWithLosses(seed, undisturbed->second);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PowerLossTest, WhatWasNotSyncedIsGoneAndWhatWasIsThere) {
  TemporaryDirectory directory;
  PowerLossFileSystem files;
  std::mt19937_64 random(1);
  base::SystemClock clock;
  base::SystemRandom bytes;
  base::UlidGenerator ids(clock, bytes);
  embedded::EmbeddedLogOptions options;
  options.rocks.path = directory.path() + "/log";
  options.rocks.env = files.env();
  auto log = embedded::EmbeddedLog::Open(options, ids);
  ASSERT_TRUE(log.ok()) << log.status();
  const std::string id((*log)->id());
  const auto topic = *(*log)->OpenTopic("t");
  for (int i = 0; i < 10; ++i) {
    auto transaction = (*log)->Begin();
    transaction->Append({topic, 0}, {}, "", "v");
    const auto position = transaction->Commit();
    ASSERT_TRUE(position.ok());
    if (i == 5) {
      ASSERT_TRUE((*log)->WaitDurable(*position).ok());
    }
  }
  files.LosePower();
  log->reset();
  files.Restore(random, false);
  log = embedded::EmbeddedLog::Open(options, ids);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ((*log)->id(), id);
  EXPECT_EQ(*(*log)->End({*(*log)->OpenTopic("t"), 0}), 6u);
}

TEST(PowerLossTest, ACommitOfTheDatabaseOutlivesALossAndAnOpenTransactionDoesNot) {
  TemporaryDirectory directory;
  PowerLossVfs vfs("power-loss-database");
  std::mt19937_64 random(1);
  database::SqliteOptions options;
  options.path = directory.path() + "/x.db";
  options.vfs = vfs.name();
  for (int round = 0; round < 20; ++round) {
    auto connection = database::SqliteConnection::Open(options);
    ASSERT_TRUE(connection.ok()) << connection.status();
    ASSERT_TRUE((*connection)->Execute("CREATE TABLE IF NOT EXISTS t(v)").ok());
    EXPECT_EQ(*(*connection)->QueryInt("SELECT count(*) FROM t"), round);
    ASSERT_TRUE((*connection)->Execute("INSERT INTO t VALUES(zeroblob(100000))").ok());
    if (round % 3 == 0) {
      ASSERT_TRUE((*connection)->Execute("PRAGMA synchronous=OFF; DELETE FROM t").ok());
    }
    vfs.LosePower();
    connection->reset();
    vfs.Restore(random, false);
  }
}

}  // namespace
}  // namespace sluice::testing

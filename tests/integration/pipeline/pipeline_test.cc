#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "common/plan/plan_builder.h"
#include "common/record/raw_record.h"
#include "common/stream/topics.h"
#include "tests/testing/pipeline_driver.h"
#include "tests/testing/power_loss_file_system.h"
#include "tests/testing/power_loss_vfs.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {
namespace {

constexpr int kRows = 200;

// Pipelines in places of their own, on files that are never synced for good: what a kill leaves
// does not depend on it.
class PipelineTest : public ::testing::Test {
 protected:
  PipelineOptions Options(uint64_t seed) {
    directories_.push_back(std::make_unique<TemporaryDirectory>());
    PipelineOptions options;
    options.directory = directories_.back()->path();
    options.env = files_.env();
    options.vfs = vfs_.name();
    options.seed = seed;
    return options;
  }
  // What an import of the text ends in when nothing disturbs it.
  PipelineResult Undisturbed(const std::string& csv, const control::StartRequest& request = {}) {
    PipelineDriver driver(Options(1));
    EXPECT_TRUE(driver.Open().ok());
    const auto id = driver.Start(csv, request);
    EXPECT_TRUE(id.ok()) << id.status();
    const absl::Status status = driver.RunToEnd(*id);
    EXPECT_TRUE(status.ok()) << status;
    auto result = driver.ReadResult(*id);
    EXPECT_TRUE(result.ok()) << result.status();
    return *result;
  }

  PowerLossFileSystem files_;
  PowerLossVfs vfs_{"pipeline-test"};
  std::vector<std::unique_ptr<TemporaryDirectory>> directories_;
};

TEST_F(PipelineTest, EveryRowHasExactlyOneOutcome) {
  PipelineDriver driver(Options(1));
  ASSERT_TRUE(driver.Open().ok());
  const auto id = driver.Start(TangledCustomers(5, kRows));
  ASSERT_TRUE(id.ok()) << id.status();
  ASSERT_TRUE(driver.RunToEnd(*id).ok());
  const auto import = driver.store().GetImport(*id);
  ASSERT_TRUE(import.ok());
  EXPECT_EQ(import->state, control::controlpb::IMPORT_STATE_COMPLETED);
  EXPECT_EQ(import->counts.rows, static_cast<uint64_t>(kRows));
  EXPECT_EQ(import->counts.Finished(), kRows);
  int64_t listed = 0;
  std::set<uint64_t> rows;
  ASSERT_TRUE(driver.store()
                  .VisitResults(*id,
                                [&](const control::recordpb::StageResult& result) {
                                  for (const auto& row : result.rows()) {
                                    ++listed;
                                    rows.insert(row.ordinal());
                                  }
                                  return absl::OkStatus();
                                })
                  .ok());
  EXPECT_EQ(rows.size(), static_cast<size_t>(listed)) << "a row is listed twice";
  const auto& counts = import->counts;
  EXPECT_EQ(listed, counts.Of(control::recordpb::OUTCOME_SKIPPED) +
                        counts.Of(control::recordpb::OUTCOME_REJECTED) +
                        counts.Of(control::recordpb::OUTCOME_REVIEW));
  EXPECT_GT(counts.Of(control::recordpb::OUTCOME_SKIPPED), 0);
  EXPECT_GT(counts.Of(control::recordpb::OUTCOME_REJECTED), 0);
  EXPECT_GT(counts.Of(control::recordpb::OUTCOME_REVIEW), 0);
  EXPECT_GT(counts.Issues(), 0);
}

TEST_F(PipelineTest, ASecondImportOfTheSameFileChangesNothing) {
  const std::string csv = TangledCustomers(6, kRows);
  PipelineDriver driver(Options(1));
  ASSERT_TRUE(driver.Open().ok());
  const auto first = driver.Start(csv);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(driver.RunToEnd(*first).ok());
  const auto before = driver.ReadResult(*first);
  ASSERT_TRUE(before.ok());
  const auto second = driver.Start(csv);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_NE(*first, *second);
  ASSERT_TRUE(driver.RunToEnd(*second).ok());
  const auto after = driver.ReadResult(*second);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->sink, before->sink);
  const auto counts = driver.store().GetImport(*second)->counts;
  EXPECT_EQ(counts.Finished(), kRows);
  EXPECT_EQ(counts.Of(control::recordpb::OUTCOME_ADDED), 0);
  EXPECT_EQ(counts.Of(control::recordpb::OUTCOME_UPDATED), 0);
}

TEST_F(PipelineTest, KilledBetweenAnyTwoStepsItEndsAsIfNothingHadHappened) {
  const char* given = std::getenv("TEST_SLUICE_SEED");
  const uint64_t first_seed = given == nullptr ? 1000 : std::strtoull(given, nullptr, 10);
  std::map<uint64_t, PipelineResult> expected;
  constexpr uint64_t kSeeds = 300;
  constexpr uint64_t kFiles = 6;
  for (uint64_t seed = first_seed; seed < first_seed + kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("TEST_SLUICE_SEED={}", seed));
    const std::string csv = TangledCustomers(seed % kFiles, kRows);
    control::StartRequest request;
    request.in_file = static_cast<plan::planpb::InFile>(1 + seed % 3);
    const auto [undisturbed, fresh] = expected.try_emplace(seed % kFiles);
    if (fresh) undisturbed->second = Undisturbed(csv, request);
    std::mt19937_64 random(seed);
    PipelineOptions options = Options(seed);
    options.batch_records = 3 + random() % 30;
    // Results in parts, of which some may be applied before a kill and some after.
    if (seed % 2 == 0) options.result_bytes_max = 100;
    PipelineDriver driver(options);
    ASSERT_TRUE(driver.Open().ok());
    const auto id = driver.Start(csv, request);
    ASSERT_TRUE(id.ok()) << id.status();
    const uint64_t steps = 20 + random() % 200;
    for (uint64_t i = 0; i < steps; ++i) {
      if (random() % 20 == 0) {
        driver.Kill();
        const absl::Status opened = driver.Open();
        ASSERT_TRUE(opened.ok()) << opened;
      }
      const auto step = driver.Step(static_cast<PipelinePart>(random() % kPipelineParts));
      ASSERT_TRUE(step.ok()) << step.status();
    }
    const absl::Status ended = driver.RunToEnd(*id);
    ASSERT_TRUE(ended.ok()) << ended;
    const auto result = driver.ReadResult(*id);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->sink, undisturbed->second.sink);
    ASSERT_EQ(result->counts, undisturbed->second.counts);
    directories_.pop_back();
  }
}

// The fence says whether a commit happened, also when it could not be asked at once.
TEST_F(PipelineTest, ASinkThatIsLostAroundItsCommitsEndsAsIfNothingHadHappened) {
  constexpr uint64_t kSeeds = 60;
  const std::string csv = TangledCustomers(1, kRows);
  const PipelineResult undisturbed = Undisturbed(csv);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    PipelineOptions options = Options(seed);
    options.faulty_sink = true;
    PipelineDriver driver(options);
    ASSERT_TRUE(driver.Open().ok());
    const auto id = driver.Start(csv);
    ASSERT_TRUE(id.ok()) << id.status();
    const absl::Status ended = driver.RunToEnd(*id);
    ASSERT_TRUE(ended.ok()) << ended;
    const auto result = driver.ReadResult(*id);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->sink, undisturbed.sink);
    ASSERT_EQ(result->counts, undisturbed.counts);
    directories_.pop_back();
  }
}

TEST_F(PipelineTest, AStageWaitsForAPlanItDoesNotKnowAndThenGoesOn) {
  PipelineDriver driver(Options(1));
  ASSERT_TRUE(driver.Open().ok());
  const auto raw = driver.log().OpenTopic(stream::Topics().Raw());
  const auto imports = driver.log().OpenTopic(stream::Topics().Imports());
  ASSERT_TRUE(raw.ok() && imports.ok());
  record::RecordHeader header;
  header.import_id = "01hzzzzzzzzzzzzzzzzzzzzzzz";
  header.revision = 1;
  const std::vector<std::string_view> cells = {"E1", "公司"};
  std::string bytes;
  record::AppendRawRecord(header, cells, {}, bytes);
  auto transaction = driver.log().Begin();
  transaction->Append({*raw, 1}, {stream::RecordKind::kData, header.import_id, 2}, {}, bytes);
  ASSERT_TRUE(transaction->Commit().ok());
  for (int i = 0; i < 3; ++i) {
    const auto step = driver.Step(PipelinePart::kClean);
    ASSERT_TRUE(step.ok()) << step.status();
    EXPECT_FALSE(*step);
  }
  EXPECT_FALSE(driver.log().Committed(stream::kCleanGroup, {*raw, 1})->has_value());
  plan::PlanRequest request;
  request.dataset = *plan::FindDataset("customers", "");
  request.shape.columns = {"客户编号", "客户名称"};
  request.shape.header_row = 1;
  auto plan = plan::BuildPlan(request);
  ASSERT_TRUE(plan.ok()) << plan.status();
  plan->set_import_id(std::string(header.import_id));
  plan->set_revision(1);
  plan->set_sequence(1);
  control::controlpb::ImportEvent event;
  event.set_import_id(std::string(header.import_id));
  *event.mutable_plan() = *plan;
  transaction = driver.log().Begin();
  transaction->Upsert({*imports, 0}, fmt::format("plan/{}/1", header.import_id),
                      event.SerializeAsString());
  ASSERT_TRUE(transaction->Commit().ok());
  const auto step = driver.Step(PipelinePart::kClean);
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_TRUE(*step);
  EXPECT_EQ(**driver.log().Committed(stream::kCleanGroup, {*raw, 1}), 1u);
}

}  // namespace
}  // namespace sluice::testing

#include "control/round_tally.h"

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/pipeline/result_builder.h"

namespace sluice::control {
namespace {

constexpr uint32_t kPartitions = 2;

recordpb::StageResult Result(recordpb::Stage stage, uint32_t partition) {
  recordpb::StageResult result;
  result.set_stage(stage);
  result.set_partition(partition);
  return result;
}

recordpb::StageResult With(recordpb::StageResult result, recordpb::Outcome outcome, int64_t count) {
  pipeline::AddOutcome(result, outcome, count);
  return result;
}

recordpb::StageResult Ended(recordpb::StageResult result) {
  result.set_ended(true);
  return result;
}

recordpb::StageResult LoadAt(uint32_t partition, uint64_t position, int64_t added) {
  recordpb::StageResult result =
      With(Result(recordpb::STAGE_LOAD, partition), recordpb::OUTCOME_ADDED, added);
  result.set_position(position);
  return result;
}

recordpb::StageResult Sent(uint32_t partition, uint64_t rows) {
  recordpb::StageResult result = Ended(Result(recordpb::STAGE_INGEST, partition));
  result.set_rows_sent(rows);
  return result;
}

TEST(RoundTallyTest, IncrementsOfTheStagesBeforeLoadAddUp) {
  RoundTally tally(kPartitions);
  for (const int64_t count : {3, 4, -1}) {
    EXPECT_TRUE(
        tally.Apply(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_REJECTED, count)));
  }
  recordpb::StageResult issues = Result(recordpb::STAGE_CLEAN, 1);
  pipeline::AddIssueCount(issues, "trimmed", 5);
  EXPECT_TRUE(tally.Apply(issues));
  EXPECT_TRUE(tally.Apply(issues));
  EXPECT_EQ(tally.Counts().Of(recordpb::OUTCOME_REJECTED), 6);
  EXPECT_EQ(tally.Counts().issues.at("trimmed"), 10);
  EXPECT_EQ(tally.Part(0, recordpb::STAGE_CLEAN, 0).outcomes(0).count(), 6);
}

TEST(RoundTallyTest, TotalsOfLoadReplaceOlderOnesAndARepeatDoesNothing) {
  RoundTally tally(kPartitions);
  EXPECT_TRUE(tally.Apply(LoadAt(0, 10, 7)));
  EXPECT_TRUE(tally.Apply(LoadAt(1, 5, 1)));
  EXPECT_FALSE(tally.Apply(LoadAt(0, 10, 7)));
  EXPECT_FALSE(tally.Apply(LoadAt(0, 9, 100)));
  EXPECT_EQ(tally.Counts().Of(recordpb::OUTCOME_ADDED), 8);
  // Fewer are possible: a later row took an outcome over.
  EXPECT_TRUE(tally.Apply(LoadAt(0, 11, 6)));
  EXPECT_EQ(tally.Counts().Of(recordpb::OUTCOME_ADDED), 7);
}

TEST(RoundTallyTest, AnEndThatIsToldAgainDoesNothing) {
  RoundTally tally(kPartitions);
  EXPECT_TRUE(tally.Apply(Sent(0, 5)));
  EXPECT_FALSE(tally.Apply(Sent(0, 5)));
  EXPECT_TRUE(tally.Apply(Ended(Result(recordpb::STAGE_CLEAN, 0))));
  EXPECT_FALSE(tally.Apply(Ended(Result(recordpb::STAGE_CLEAN, 0))));
  // An outcome after the end is not passed over.
  EXPECT_TRUE(tally.Apply(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_SKIPPED, 1)));
}

// What load sends twice after a restart, and in any part of it again.
TEST(RoundTallyTest, EveryPartOfATotalIsTakenOnceAndTheLastHasTheCounts) {
  RoundTally tally(1);
  EXPECT_TRUE(tally.Apply(LoadAt(0, 10, 7)));
  recordpb::StageResult first = LoadAt(0, 12, 0);
  first.clear_outcomes();
  first.set_more(true);
  recordpb::StageResult second = first;
  second.set_part(1);
  recordpb::StageResult last = Ended(LoadAt(0, 12, 9));
  last.set_part(2);
  EXPECT_TRUE(tally.Apply(first));
  EXPECT_TRUE(tally.Apply(second));
  EXPECT_FALSE(tally.Apply(first));
  EXPECT_FALSE(tally.Apply(second));
  EXPECT_EQ(tally.Counts().Of(recordpb::OUTCOME_ADDED), 7);
  // As it comes back from the database.
  RoundTally restored(1);
  restored.Restore(tally.Part(0, recordpb::STAGE_LOAD, 0));
  EXPECT_FALSE(restored.Apply(second));
  EXPECT_TRUE(restored.Apply(last));
  EXPECT_EQ(restored.Counts().Of(recordpb::OUTCOME_ADDED), 9);
  EXPECT_TRUE(restored.Part(0, recordpb::STAGE_LOAD, 0).ended());
  EXPECT_FALSE(restored.Apply(last));
  // The next position begins at part 0 again.
  EXPECT_TRUE(restored.Apply(LoadAt(0, 13, 10)));
}

TEST(RoundTallyTest, AnOlderTotalDoesNotTakeBackTheEnd) {
  RoundTally tally(1);
  EXPECT_TRUE(tally.Apply(Ended(LoadAt(0, 10, 7))));
  EXPECT_FALSE(tally.Apply(LoadAt(0, 8, 6)));
  EXPECT_TRUE(tally.Part(0, recordpb::STAGE_LOAD, 0).ended());
}

TEST(RoundTallyTest, RowsReadAreTheHighestThatWasSaid) {
  RoundTally tally(kPartitions);
  for (const auto& [partition, rows] : {std::pair{0u, 10u}, {1u, 30u}, {0u, 20u}}) {
    recordpb::StageResult result = Result(recordpb::STAGE_INGEST, partition);
    result.set_rows_read(rows);
    result.set_bytes_read(rows * 100);
    EXPECT_TRUE(tally.Apply(result));
  }
  EXPECT_EQ(tally.Counts().rows, 30u);
  EXPECT_EQ(tally.Counts().bytes_read, 3000u);
}

TEST(RoundTallyTest, EndsWhenEveryStageHasEndedOnEveryPartition) {
  for (const recordpb::Stage last :
       {recordpb::STAGE_INGEST, recordpb::STAGE_CLEAN, recordpb::STAGE_MAP, recordpb::STAGE_LOAD}) {
    for (uint32_t partition = 0; partition < kPartitions; ++partition) {
      RoundTally tally(kPartitions);
      for (const recordpb::Stage stage : {recordpb::STAGE_INGEST, recordpb::STAGE_CLEAN,
                                          recordpb::STAGE_MAP, recordpb::STAGE_LOAD}) {
        for (uint32_t p = 0; p < kPartitions; ++p) {
          if (stage == last && p == partition) continue;
          recordpb::StageResult result = Ended(Result(stage, p));
          result.set_position(1);
          tally.Apply(result);
        }
      }
      EXPECT_FALSE(tally.AllEnded()) << last << " " << partition;
      recordpb::StageResult result = Ended(Result(last, partition));
      result.set_position(1);
      tally.Apply(result);
      EXPECT_TRUE(tally.AllEnded()) << last << " " << partition;
    }
  }
}

TEST(RoundTallyTest, OutcomesOfAllStagesAddUpToTheRowsSent) {
  RoundTally tally(kPartitions);
  tally.Apply(Sent(0, 6));
  tally.Apply(Sent(1, 4));
  tally.Apply(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_SKIPPED, 2));
  tally.Apply(With(Result(recordpb::STAGE_MAP, 1), recordpb::OUTCOME_REJECTED, 1));
  tally.Apply(LoadAt(0, 1, 4));
  EXPECT_EQ(base::Message(tally.CheckSum()), "10 rows were read but 7 have an outcome");
  tally.Apply(LoadAt(1, 1, 3));
  EXPECT_TRUE(tally.CheckSum().ok());
  tally.Apply(LoadAt(1, 2, 4));
  EXPECT_EQ(base::Message(tally.CheckSum()), "10 rows were read but 11 have an outcome");
  tally.Apply(LoadAt(1, 3, -50));
  EXPECT_FALSE(tally.CheckSum().ok());
}

TEST(RoundTallyTest, GoesOnFromWhatWasStored) {
  RoundTally before(1);
  before.Apply(Sent(0, 5));
  before.Apply(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_SKIPPED, 1));
  before.Apply(LoadAt(0, 10, 2));
  RoundTally after(1);
  for (const recordpb::Stage stage :
       {recordpb::STAGE_INGEST, recordpb::STAGE_CLEAN, recordpb::STAGE_LOAD}) {
    after.Restore(before.Part(0, stage, 0));
  }
  EXPECT_FALSE(after.Apply(LoadAt(0, 10, 2)));
  after.Apply(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_SKIPPED, 1));
  after.Apply(LoadAt(0, 12, 3));
  EXPECT_EQ(after.Counts().Finished(), 5);
  EXPECT_TRUE(after.CheckSum().ok());
}

recordpb::StageResult InRound(recordpb::StageResult result, uint32_t round, int64_t resubmitted) {
  result.set_round(round);
  result.set_resubmitted(resubmitted);
  return result;
}

TEST(RoundTallyTest, ALaterRoundMovesOutcomesAndHasAnEndOfItsOwn) {
  RoundTally tally(1);
  tally.Apply(With(Sent(0, 3), recordpb::OUTCOME_UNSPECIFIED, 0));
  recordpb::StageResult read = Result(recordpb::STAGE_INGEST, 0);
  read.set_rows_read(3);
  tally.Apply(read);
  tally.Apply(Ended(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_REJECTED, 2)));
  tally.Apply(Ended(Result(recordpb::STAGE_MAP, 0)));
  tally.Apply(Ended(LoadAt(0, 5, 1)));
  ASSERT_TRUE(tally.AllEnded(0));
  EXPECT_TRUE(tally.CheckSum(0).ok());
  // Two come again: one is refused again, one is added.
  recordpb::StageResult sent = InRound(Sent(0, 2), 1, 0);
  sent.set_rows_read(2);
  tally.Apply(sent);
  tally.Apply(
      Ended(InRound(With(With(Result(recordpb::STAGE_CLEAN, 0), recordpb::OUTCOME_REJECTED, 1),
                         recordpb::OUTCOME_REJECTED, -1),
                    1, 1)));
  tally.Apply(Ended(InRound(Result(recordpb::STAGE_MAP, 0), 1, 0)));
  EXPECT_FALSE(tally.AllEnded(1));
  EXPECT_EQ(tally.Finished(1), 1);
  tally.Apply(Ended(InRound(With(LoadAt(0, 9, 1), recordpb::OUTCOME_REJECTED, -1), 1, 1)));
  ASSERT_TRUE(tally.AllEnded(1));
  EXPECT_TRUE(tally.CheckSum(1).ok()) << tally.CheckSum(1);
  EXPECT_EQ(tally.Finished(1), 2);
  const ImportCounts counts = tally.Counts();
  EXPECT_EQ(counts.rows, 3u);
  EXPECT_EQ(counts.Of(recordpb::OUTCOME_ADDED), 2);
  EXPECT_EQ(counts.Of(recordpb::OUTCOME_REJECTED), 1);
  EXPECT_EQ(tally.Part(1, recordpb::STAGE_CLEAN, 0).resubmitted(), 1);
}

TEST(RoundTallyTest, ALaterRoundThatDoesNotAddUpIsNoticed) {
  for (const auto& [outcome, resubmitted] : {std::pair(-1, 0), std::pair(0, 1), std::pair(-1, 2)}) {
    RoundTally tally(1);
    tally.Apply(InRound(Sent(0, 1), 1, 0));
    tally.Apply(Ended(InRound(Result(recordpb::STAGE_CLEAN, 0), 1, 0)));
    tally.Apply(Ended(InRound(Result(recordpb::STAGE_MAP, 0), 1, 0)));
    tally.Apply(
        Ended(InRound(With(LoadAt(0, 9, 1), recordpb::OUTCOME_REJECTED, outcome), 1, resubmitted)));
    ASSERT_TRUE(tally.AllEnded(1));
    EXPECT_FALSE(tally.CheckSum(1).ok()) << outcome << " " << resubmitted;
  }
}

}  // namespace
}  // namespace sluice::control

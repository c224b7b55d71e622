// The part of the contract of control's stores that is about rows which come again.
#pragma once

#include "tests/contract/control_store_fixture.h"

namespace sluice::contract {

class ControlRoundContract : public ControlStoreContract {
 protected:
  // An import of two rows, one of which was refused, has ended.
  void SetUp() override {
    ControlStoreContract::SetUp();
    Create("a");
    EXPECT_EQ(Renew(store(), "0", {}), "Y");
    auto first = Ended("a", 0, 2, 1);
    pipeline::AddOutcome(first[1], control::recordpb::OUTCOME_REJECTED, 1);
    ASSERT_TRUE(Apply(store(), 0, 0, first).ok());
    ASSERT_TRUE(Apply(store(), 1, 0, Ended("a", 1, 0, 0)).ok());
    ASSERT_EQ(store().GetImport("a")->state, control::controlpb::IMPORT_STATE_COMPLETED);
  }
  static control::controlpb::ImportRound Sent() {
    control::controlpb::ImportRound round;
    round.set_sent_sha256("sent");
    round.set_upload_sha256("upload");
    round.set_rows(1);
    return round;
  }
  // The refused row is added now.
  static std::vector<control::recordpb::StageResult> RoundEnded(uint32_t partition, int64_t rows) {
    auto results = Ended("a", partition, rows, rows);
    for (auto& result : results) {
      result.set_round(1);
      if (result.stage() != control::recordpb::STAGE_LOAD || rows == 0) continue;
      result.set_resubmitted(rows);
      pipeline::AddOutcome(result, control::recordpb::OUTCOME_REJECTED, -rows);
    }
    return results;
  }
};

TEST_P(ControlRoundContract, ARoundRunsAndEndsAndItsCountsMoveThoseOfTheImport) {
  const auto begun = store().BeginRound("a", 1, Sent());
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->state, control::controlpb::IMPORT_STATE_RUNNING);
  EXPECT_FALSE(begun->ended_at.has_value());
  EXPECT_EQ(begun->round(), 1u);
  EXPECT_EQ(begun->finished, 0);
  fixture_->Reopen();
  ASSERT_TRUE(Apply(store(), 0, 4, RoundEnded(0, 1)).ok());
  EXPECT_EQ(store().GetImport("a")->finished, 1);
  const auto applied = Apply(store(), 1, 4, RoundEnded(1, 0));
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->ended, std::vector<std::string>{"a"});
  const auto ended = store().GetImport("a");
  EXPECT_EQ(ended->state, control::controlpb::IMPORT_STATE_COMPLETED);
  EXPECT_TRUE(ended->ended_at.has_value());
  EXPECT_EQ(ended->counts.rows, 2u);
  EXPECT_EQ(ended->counts.Of(control::recordpb::OUTCOME_ADDED), 2);
  EXPECT_EQ(ended->counts.Of(control::recordpb::OUTCOME_REJECTED), 0);
  EXPECT_EQ(ended->rounds.rounds(0).upload_sha256(), "upload");
}

TEST_P(ControlRoundContract, OneIsOpenAtATimeAndEachHasItsNumber) {
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRound("a", 2, Sent()).status()));
  ASSERT_TRUE(store().BeginRound("a", 1, Sent()).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRound("a", 1, Sent()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRound("a", 2, Sent()).status()));
  EXPECT_TRUE(absl::IsNotFound(store().BeginRound("b", 1, Sent()).status()));
}

TEST_P(ControlRoundContract, ALeaseIsOfTheRound) {
  ASSERT_TRUE(store().BeginRound("a", 1, Sent()).ok());
  control::controlpb::RenewLeasesRequest request;
  request.set_instance("1");
  request.set_wants_more(true);
  const auto given = store().RenewLeases(request, absl::Seconds(10));
  ASSERT_TRUE(given.ok()) << given.status();
  ASSERT_EQ(given->imports_size(), 1);
  EXPECT_EQ(given->imports(0).import_id(), "a");
  EXPECT_EQ(given->imports(0).lease(), "a/1");
  EXPECT_EQ(given->imports(0).round(), 1u);
  EXPECT_EQ(given->imports(0).round_upload_sha256(), "upload");
  EXPECT_EQ(given->imports(0).holder(), control::controlpb::LEASE_HOLDER_YOU);
  // Who is late in telling the end of the round before ends nothing.
  Release(store(), "1", "a");
  EXPECT_EQ(Renew(store(), "1", {"a/1"}), "Y");
  Release(store(), "1", "a/1");
  EXPECT_EQ(Renew(store(), "1", {}), "D");
}

TEST_P(ControlRoundContract, ResultsOfARoundThatIsNotOpenAreABrokenInvariant) {
  ASSERT_TRUE(store().BeginRound("a", 1, Sent()).ok());
  EXPECT_TRUE(absl::IsInternal(Apply(store(), 0, 4, Skipped("a", 0, 1)).status()));
}

TEST_P(ControlRoundContract, AnImportWithoutItsJournalHasNone) {
  ASSERT_TRUE(store().MoveWindow("9999").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRound("a", 1, Sent()).status()));
}

TEST_P(ControlRoundContract, ARolledBackImportHasNone) {
  ASSERT_TRUE(store().BeginRollback("a", {}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRound("a", 1, Sent()).status()));
}

}  // namespace sluice::contract

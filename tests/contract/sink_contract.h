// What every sink must do, whoever keeps it. A sink joins by instantiating the suite with a fixture
// that opens it in a place of its own, opens it again as after a restart, and lets another program
// change its tables.
#pragma once

#include "tests/contract/sink_contract_fixture.h"
#include "tests/contract/sink_journal_contract.h"
#include "tests/contract/sink_key_contract.h"
#include "tests/contract/sink_purge_contract.h"
#include "tests/contract/sink_resubmission_contract.h"

namespace sluice::contract {

TEST_P(SinkContract, AFenceMovesOnlyFromWhereItStands) {
  const load::Fence start{"topic", 1, "log-a", 0};
  Begin();
  ASSERT_TRUE(sink().MoveFence(start, 10).ok());
  Commit();
  const auto expect = [&](absl::StatusCode code, const load::Fence& from) {
    Begin();
    EXPECT_EQ(sink().MoveFence(from, 20).code(), code);
    sink().Abort();
  };
  // Another loader went on, which may happen; or it is another log's, which may not.
  expect(absl::StatusCode::kAborted, {"topic", 1, "log-a", 0});
  expect(absl::StatusCode::kAborted, {"topic", 1, "log-a", 11});
  expect(absl::StatusCode::kFailedPrecondition, {"topic", 1, "log-b", 10});
  Reopen();
  expect(absl::StatusCode::kFailedPrecondition, {"topic", 1, "log-b", 10});
  Begin();
  EXPECT_TRUE(sink().MoveFence({"topic", 1, "log-a", 10}, 20).ok());
  // A partition that was never seen stands anywhere.
  EXPECT_TRUE(sink().MoveFence({"topic", 2, "log-a", 500}, 501).ok());
  EXPECT_TRUE(sink().MoveFence({"other", 1, "log-c", 7}, 8).ok());
  Commit();
  auto fences = sink().ReadFences("topic");
  ASSERT_TRUE(fences.ok());
  ASSERT_EQ(fences->size(), 2u);
  EXPECT_EQ((*fences)[0].next_offset, 20u);
  EXPECT_EQ((*fences)[0].log_id, "log-a");
  EXPECT_EQ((*fences)[1].next_offset, 501u);
}

TEST_P(SinkContract, KnowsOfOtherLogsByAnyTopic) {
  EXPECT_EQ(*sink().OtherLog("log-a"), "");
  Begin();
  ASSERT_TRUE(sink().MoveFence({"topic", 1, "log-a", 0}, 10).ok());
  Commit();
  EXPECT_EQ(*sink().OtherLog("log-a"), "");
  EXPECT_EQ(*sink().OtherLog("log-b"), "log-a");
  Begin();
  ASSERT_TRUE(sink().MoveFence({"other", 1, "log-b", 0}, 10).ok());
  Commit();
  EXPECT_EQ(*sink().OtherLog("log-a"), "log-b");
}

TEST_P(SinkContract, AnAbortedTransactionLeavesNothing) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  Begin();
  ASSERT_TRUE(sink().MoveFence({"topic", 0, "log", 0}, 10).ok());
  Insert(16, {"e2", "n2"});
  Update(8, testing::kExternalId, "e9");
  ASSERT_TRUE(sink().WriteMet({kSequence, 0}, 16, {2, 0, 1, {{"custom.new", "\"x\""}}}).ok());
  ASSERT_TRUE(sink().WriteTotals("01x", 0, 0, "totals").ok());
  ASSERT_TRUE(sink().AddPending({"topic", 0, 10, "result"}).ok());
  ASSERT_TRUE(
      sink()
          .WriteEntry(dataset_, 8, {2, 9, load::EntryKind::kChanged, 5, {{"name", "a", "b"}}})
          .ok());
  sink().Abort();
  EXPECT_TRUE(sink().ReadFences("topic")->empty());
  EXPECT_FALSE(HasRow(16));
  EXPECT_EQ(Row(8).fields[0], "e1");
  EXPECT_FALSE(sink().ReadMet({kSequence, 0}, 16)->has_value());
  EXPECT_EQ(*sink().ReadTotals("01x", 0, 0), "");
  EXPECT_TRUE(sink().ReadPending()->empty());
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, UINT32_MAX))->number, 1u);
  Begin();
  EXPECT_EQ(Holders(0, {"e1"}), Ids{8});
  EXPECT_EQ(Holders(0, {"e2"}), Ids{});
  // What the aborted transaction had named is named anew.
  ASSERT_TRUE(sink().WriteMet({kSequence, 0}, 8, {2, 0, 1, {{"custom.new", "\"y\""}}}).ok());
  Commit();
  Reopen();
  EXPECT_EQ((*sink().ReadMet({kSequence, 0}, 8))->given.at("custom.new"), "\"y\"");
}

// The ids that ImportLoader gives: what a sink may know about them must not change an answer.
TEST_P(SinkContract, WhatAnImportMetIsKeptUntilItIsDropped) {
  const load::Met met{12, 10, 2, {{"custom.level", "\"A\""}, {"name", "n1"}}};
  Begin();
  ASSERT_TRUE(sink().WriteMet({3, 0}, 8, {1, 1, 1, {}}).ok());
  ASSERT_TRUE(sink().WriteMet({3, 0}, 8, met).ok());
  ASSERT_TRUE(sink().WriteMet({3, 1}, 8, met).ok());
  ASSERT_TRUE(sink().WriteMet({4, 0}, 8, met).ok());
  Commit();
  Reopen();
  const auto read = *sink().ReadMet({3, 0}, 8);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->row, 12u);
  EXPECT_EQ(read->ordinal, 10u);
  EXPECT_EQ(read->outcome, 2u);
  EXPECT_EQ(read->given, met.given);
  EXPECT_FALSE(sink().ReadMet({3, 0}, 9)->has_value());
  Begin();
  ASSERT_TRUE(sink().DropMet({3, 0}).ok());
  Commit();
  EXPECT_FALSE(sink().ReadMet({3, 0}, 8)->has_value());
  EXPECT_TRUE(sink().ReadMet({3, 1}, 8)->has_value());
  EXPECT_TRUE(sink().ReadMet({4, 0}, 8)->has_value());
}

TEST_P(SinkContract, TotalsAreKeptByImportRoundAndPartition) {
  Begin();
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 0, "one").ok());
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 1, std::string("t\0wo", 4)).ok());
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 0, "three").ok());
  Commit();
  Reopen();
  EXPECT_EQ(*sink().ReadTotals("01a", 0, 0), "three");
  EXPECT_EQ(*sink().ReadTotals("01a", 0, 1), std::string("t\0wo", 4));
  EXPECT_EQ(*sink().ReadTotals("01a", 1, 0), "");
  EXPECT_EQ(*sink().ReadTotals("01b", 0, 0), "");
}

TEST_P(SinkContract, PendingResultsAreKeptInOrderUntilTheyAreDropped) {
  Begin();
  ASSERT_TRUE(sink().AddPending({"t", 0, 10, "a"}).ok());
  ASSERT_TRUE(sink().AddPending({"t", 1, 5, "b"}).ok());
  ASSERT_TRUE(sink().AddPending({"t", 0, 20, "c"}).ok());
  ASSERT_TRUE(sink().AddPending({"u", 0, 3, "d"}).ok());
  Commit();
  const auto pending = [&] {
    std::string bytes;
    auto results = sink().ReadPending();
    EXPECT_TRUE(results.ok());
    for (const load::PendingResult& result : *results) bytes += result.bytes;
    return bytes;
  };
  Reopen();
  EXPECT_EQ(pending(), "abcd");
  Begin();
  ASSERT_TRUE(sink().DropPending("t", 0, 10).ok());
  sink().Abort();
  EXPECT_EQ(pending(), "abcd");
  Begin();
  ASSERT_TRUE(sink().DropPending("t", 0, 19).ok());
  Commit();
  EXPECT_EQ(pending(), "bcd");
}

}  // namespace sluice::contract

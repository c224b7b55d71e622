// The part of the contract of control's stores that is about rollbacks: beginning them, doing them
// again, what loaders tell of them, imports that wait for them, and for how long they can be had.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "common/base/clock.h"
#include "control/journal_window.h"
#include "tests/contract/control_store_fixture.h"

namespace sluice::contract {

// A clock that is moved.
class MovedClock : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  int64_t MonotonicNanos() const override { return absl::ToUnixNanos(now); }

  absl::Time now = absl::Now();
};

class ControlUndoContract : public ControlStoreContract {
 protected:
  std::string CreateFor(const std::string& id, const std::string& dataset,
                        const std::string& sink = "customers") {
    control::NewImport wanted = Wanted(id, id);
    wanted.plan.mutable_dataset()->set_name(dataset);
    wanted.plan.set_sink(sink);
    const auto created = store().CreateImport(wanted, SameContent(id));
    EXPECT_TRUE(created.ok()) << created.status();
    return id;
  }
  // It completes with 12 new rows.
  void End(const std::string& id) {
    for (uint32_t partition = 0; partition < kPartitions; ++partition) {
      ApplyHere(partition, Ended(id, partition, 6, 6));
    }
    EXPECT_EQ(StateOf(id), "completed");
  }
  std::string Completed(const std::string& id) {
    End(CreateFor(id, "customers"));
    return id;
  }
  std::string StateOf(const std::string& id) {
    const auto import = store().GetImport(id);
    EXPECT_TRUE(import.ok()) << import.status();
    return import.ok() ? control::StateName(import->state) : "";
  }
  void ApplyHere(uint32_t partition, const std::vector<control::recordpb::StageResult>& results) {
    const auto applied = Apply(store(), partition, offsets_[partition], results);
    ASSERT_TRUE(applied.ok()) << applied.status();
    offsets_[partition] += results.size();
  }
  // What a loader says of the import's rollbacks.
  void Tell(const std::string& id, uint32_t number, uint64_t position, int64_t removed,
            int64_t kept, bool done) {
    control::recordpb::StageResult result = Result(id, control::recordpb::STAGE_LOAD, 0);
    result.set_position(position);
    control::recordpb::UndoTotals& totals = *result.mutable_undo();
    totals.set_number(number);
    totals.set_position(position);
    totals.set_removed(removed);
    totals.set_kept(kept);
    totals.set_done(done);
    ApplyHere(0, {result});
  }
  void RollBack(const std::string& id) {
    const auto begun = store().BeginRollback(id, {});
    ASSERT_TRUE(begun.ok()) << begun.status();
    ASSERT_EQ(StateOf(id), "rolling_back");
    const auto number = static_cast<uint32_t>(begun->undo.runs_size());
    Tell(id, number, begun->undo.totals().position() + 1, 12, 0, true);
    EXPECT_EQ(StateOf(id), "rolled_back");
  }
  std::string Redo(const std::string& id, const std::string& new_id) {
    const auto redo = store().BeginRedo(id, new_id);
    EXPECT_TRUE(redo.ok()) << redo.status();
    return redo.ok() ? redo->id : "";
  }
  // What was told last under this key.
  control::controlpb::ImportEvent LastTold(const std::string& key) {
    control::controlpb::ImportEvent event;
    const auto outbox = store().ReadOutbox();
    EXPECT_TRUE(outbox.ok()) << outbox.status();
    for (const control::OutboxMessage& message : *outbox) {
      if (message.key == key) EXPECT_TRUE(event.ParseFromString(message.value));
    }
    return event;
  }

  uint64_t offsets_[kPartitions] = {0, 0};
};

TEST_P(ControlUndoContract, ARollbackIsToldOnceAndCountsAsRunning) {
  const std::string id = CreateFor("01a", "customers");
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRollback(id, {}).status()));
  EXPECT_TRUE(absl::IsNotFound(store().BeginRollback("01b", {}).status()));
  End(id);
  control::UndoWish wish;
  wish.rows = {5, 3, 5};
  wish.added_only = true;
  const auto begun = store().BeginRollback(id, wish);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(control::StateName(begun->state), "rolling_back");
  EXPECT_FALSE(begun->ended_at.has_value());
  EXPECT_EQ(store().ListRunning()->size(), 1u);
  const auto told = LastTold("state/01a");
  EXPECT_EQ(told.status().version(), begun->version);
  EXPECT_EQ(told.status().undo().number(), 1u);
  EXPECT_TRUE(told.status().undo().added_only());
  ASSERT_EQ(told.status().undo().rows_size(), 2);
  EXPECT_EQ(told.status().undo().rows(0), 3u);
  // Nobody reads it.
  EXPECT_EQ(Renew(store(), "0", {}), "N");
  // Asked for again, also with another wish: it goes on as it was begun.
  fixture_->Reopen();
  const auto again = store().BeginRollback(id, {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version, begun->version);
  EXPECT_EQ(again->undo.runs_size(), 1);
}

TEST_P(ControlUndoContract, WhatLoadersTellIsTakenOnceAndEndsTheRollback) {
  const std::string id = Completed("01a");
  const auto ended_at = store().GetImport(id)->ended_at;
  ASSERT_TRUE(store().BeginRollback(id, {}).ok());
  Tell(id, 1, 2, 5, 0, false);
  // Older, and a repeat.
  Tell(id, 1, 1, 2, 0, false);
  Tell(id, 1, 2, 99, 0, false);
  EXPECT_EQ(store().GetImport(id)->undo.totals().removed(), 5);
  EXPECT_EQ(StateOf(id), "rolling_back");
  Tell(id, 1, 3, 11, 1, true);
  auto import = *store().GetImport(id);
  EXPECT_EQ(control::StateName(import.state), "partly_rolled_back");
  EXPECT_EQ(import.ended_at, ended_at);
  EXPECT_FALSE(import.undo.runs(0).ended_at().empty());
  EXPECT_FALSE(LastTold("state/01a").status().has_undo());
  EXPECT_TRUE(store().ListRunning()->empty());
  // The row that waited goes with the rollback of another import.
  Tell(id, 1, 4, 12, 0, true);
  EXPECT_EQ(StateOf(id), "rolled_back");
  // And again is harmless.
  const auto version = store().GetImport(id)->version;
  ASSERT_TRUE(store().BeginRollback(id, {}).ok());
  EXPECT_EQ(store().GetImport(id)->version, version);
  // Counts of the import itself stay.
  EXPECT_EQ(store().GetImport(id)->counts.Of(control::recordpb::OUTCOME_ADDED), 12);
}

TEST_P(ControlUndoContract, WhatStaysIsKeptInTheOrderItCame) {
  const std::string id = Completed("01a");
  ASSERT_TRUE(store().BeginRollback(id, {}).ok());
  control::recordpb::StageResult result = Result(id, control::recordpb::STAGE_LOAD, 0);
  result.set_position(1);
  result.mutable_undo()->set_number(1);
  result.mutable_undo()->set_kept(2);
  for (const uint64_t row : {7u, 3u}) {
    control::recordpb::Issue& issue = *result.add_issues();
    issue.set_row(row);
    issue.set_code("changed_since");
    issue.set_now("by hand");
  }
  ApplyHere(0, {result});
  std::vector<uint64_t> rows;
  ASSERT_TRUE(store()
                  .VisitResults(id,
                                [&](const control::recordpb::StageResult& stored) {
                                  EXPECT_TRUE(stored.has_undo());
                                  for (const auto& issue : stored.issues()) {
                                    rows.push_back(issue.row());
                                    EXPECT_EQ(issue.now(), "by hand");
                                  }
                                  return absl::OkStatus();
                                })
                  .ok());
  EXPECT_EQ(rows, (std::vector<uint64_t>{7, 3}));
}

TEST_P(ControlUndoContract, ARedoIsAnImportOfItsOwn) {
  const std::string id = Completed("01a");
  EXPECT_TRUE(absl::IsNotFound(store().BeginRedo("01x", "01b").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRedo(id, "01b").status()));
  ASSERT_TRUE(store().BeginRollback(id, {}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRedo(id, "01b").status()));
  Tell(id, 1, 1, 12, 0, true);
  ASSERT_EQ(Redo(id, "01b"), "01b");
  const auto redo = store().GetImport("01b");
  EXPECT_EQ(control::StateName(redo->state), "running");
  EXPECT_EQ(redo->sequence, 2u);
  EXPECT_EQ(redo->plan.sequence(), 2u);
  EXPECT_EQ(redo->plan.import_id(), "01b");
  EXPECT_EQ(redo->undo.redo().import_id(), id);
  EXPECT_EQ(redo->undo.redo().number_max(), 1u);
  EXPECT_EQ(LastTold("plan/01b/1").plan().import_id(), "01b");
  EXPECT_EQ(LastTold("state/01b").status().redo().sequence(), 1u);
  // It has no source.
  EXPECT_EQ(Renew(store(), "0", {}), "D");
  End("01b");
  EXPECT_FALSE(LastTold("state/01b").status().has_redo());
}

// Whoever did not hear the answer asks again, and gets the same redo.
TEST_P(ControlUndoContract, ARedoThatStandsIsNotDoneAgain) {
  const std::string id = Completed("01a");
  RollBack(id);
  ASSERT_EQ(Redo(id, "01b"), "01b");
  fixture_->Reopen();
  EXPECT_EQ(Redo(id, "01c"), "01b");
  End("01b");
  EXPECT_EQ(Redo(id, "01c"), "01b");
  EXPECT_EQ(store().ListImports()->size(), 2u);
  // What waited has gone since: there is more to write again.
  Tell(id, 1, 2, 13, 0, true);
  EXPECT_EQ(Redo(id, "01c"), "01c");
  End("01c");
  // The redo itself was taken back.
  RollBack("01c");
  EXPECT_EQ(Redo(id, "01d"), "01d");
}

// Found by kills: the loader speaks for the other stages too, and says all of it once more when it
// is started again before it knows that it was heard.
TEST_P(ControlUndoContract, TheEndOfARedoMayBeToldTwice) {
  const std::string id = Completed("01a");
  RollBack(id);
  ASSERT_EQ(Redo(id, "01b"), "01b");
  End("01b");
  fixture_->Reopen();
  for (uint32_t partition = 0; partition < kPartitions; ++partition) {
    ApplyHere(partition, Ended("01b", partition, 6, 6));
  }
  const auto redo = store().GetImport("01b");
  ASSERT_TRUE(redo.ok()) << redo.status();
  EXPECT_EQ(control::StateName(redo->state), "completed");
  EXPECT_EQ(redo->counts.Of(control::recordpb::OUTCOME_ADDED), 12);
}

TEST_P(ControlUndoContract, ImportsIntoDataThatIsRolledBackWait) {
  const std::string id = Completed("01a");
  CreateFor("01b", "customers");
  ASSERT_TRUE(store().BeginRollback(id, {}).ok());
  CreateFor("01c", "customers");
  CreateFor("01d", "accounts");
  CreateFor("01e", "customers", "elsewhere");
  CreateFor("01f", "customers");
  CreateFor("01g", "customers");
  // One that ran already goes on.
  EXPECT_EQ(StateOf("01b"), "running");
  EXPECT_EQ(StateOf("01c"), "queued");
  EXPECT_EQ(StateOf("01d"), "running");
  EXPECT_EQ(StateOf("01e"), "running");
  EXPECT_EQ(LastTold("state/01c").status().state(), control::controlpb::IMPORT_STATE_QUEUED);
  using control::Wish;
  ASSERT_TRUE(store().ChangeState("01f", Wish::kPause).ok());
  ASSERT_TRUE(store().ChangeState("01g", Wish::kCancel).ok());
  // Of a, b, c, d, e, f, g those that an ingest gets, one a call.
  std::vector<std::string> held;
  std::string holders;
  for (int turn = 0; turn < 7; ++turn) {
    holders = Renew(store(), "0", held);
    held.clear();
    for (size_t i = 0; i < holders.size(); ++i) {
      if (holders[i] == 'Y') held.push_back(std::string("01") + static_cast<char>('a' + i));
    }
  }
  // What was cancelled is, without waiting.
  EXPECT_EQ(holders, "NYNYYNY");
  // Going on with a paused one is waiting, too.
  ASSERT_TRUE(store().ChangeState("01f", Wish::kResume).ok());
  EXPECT_EQ(StateOf("01f"), "queued");
  ASSERT_TRUE(store().ChangeState("01f", Wish::kPause).ok());
  Tell(id, 1, 1, 12, 0, true);
  EXPECT_EQ(StateOf("01c"), "running");
  EXPECT_EQ(LastTold("state/01c").status().state(), control::controlpb::IMPORT_STATE_RUNNING);
  EXPECT_EQ(LastTold("state/01c").status().version(), 2u);
  EXPECT_EQ(StateOf("01f"), "paused");
  EXPECT_EQ(StateOf("01g"), "draining");
  ASSERT_TRUE(store().ChangeState("01f", Wish::kResume).ok());
  EXPECT_EQ(StateOf("01f"), "running");
}

TEST_P(ControlUndoContract, WhatIsPastCannotBeRolledBackAnyMore) {
  using control::controlpb::JournalWindow;
  const std::string old = Completed("01a");
  const std::string undone = Completed("01b");
  const std::string rolling = Completed("01c");
  const std::string running = CreateFor("01d", "customers");
  const std::string read = Completed("01e");
  RollBack(undone);
  RollBack(read);
  ASSERT_EQ(Redo(read, "01f"), "01f");
  ASSERT_TRUE(store().BeginRollback(rolling, {}).ok());
  const std::string young = "01g";
  EXPECT_EQ(store().ReadWindow()->below(), 0u);
  EXPECT_FALSE(*store().MoveWindow("2000-01-01T00:00:00.000Z"));
  // Long after their ends.
  EXPECT_TRUE(*store().MoveWindow("2990-01-01T00:00:00.000Z"));
  CreateFor(young, "accounts");
  End(young);
  const JournalWindow window = *store().ReadWindow();
  EXPECT_EQ(window.below(), 6u);
  EXPECT_EQ(std::vector<uint64_t>(window.except().begin(), window.except().end()),
            (std::vector<uint64_t>{3, 4, 5}));
  EXPECT_EQ(LastTold("window").window().SerializeAsString(), window.SerializeAsString());
  for (const std::string& id : {old, undone}) {
    const absl::Status refused = store().BeginRollback(id, {}).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_NE(refused.message().find("since 2990-01-01"), std::string_view::npos) << refused;
    EXPECT_NE(refused.message().find("rollback.window_days"), std::string_view::npos) << refused;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BeginRedo(undone, "01h").status()));
  // What ends after the window was moved is not past, nor what was under way.
  EXPECT_TRUE(store().BeginRollback(young, {}).ok());
  Tell(rolling, 1, 1, 12, 0, true);
  EXPECT_TRUE(control::CheckKept(window, *store().GetImport(running)).ok());
  // It never comes back, whatever the setting becomes.
  EXPECT_FALSE(*store().MoveWindow("2000-01-01T00:00:00.000Z"));
  fixture_->Reopen();
  EXPECT_EQ(store().ReadWindow()->SerializeAsString(), window.SerializeAsString());
  // What was under way is past when it has ended.
  End("01f");
  EXPECT_TRUE(*store().MoveWindow("2990-01-01T01:00:00.000Z"));
  const JournalWindow moved = *store().ReadWindow();
  EXPECT_EQ(moved.below(), 7u);
  EXPECT_EQ(std::vector<uint64_t>(moved.except().begin(), moved.except().end()),
            (std::vector<uint64_t>{4}));
  // Nothing new: nothing is told.
  EXPECT_FALSE(*store().MoveWindow("2990-01-01T02:00:00.000Z"));
  EXPECT_EQ(store().ReadWindow()->since(), "2990-01-01T02:00:00.000Z");
}

TEST_P(ControlUndoContract, AnImportIsPastSoManyDaysAfterItsEnd) {
  const std::string id = Completed("01a");
  MovedClock clock;
  clock.now = absl::Now() + absl::Hours(24 * 29 + 22);
  EXPECT_FALSE(*control::AgeWindow(store(), 30, clock));
  EXPECT_TRUE(control::CheckKept(*store().ReadWindow(), *store().GetImport(id)).ok());
  // For good.
  clock.now += absl::Hours(24 * 1000);
  EXPECT_FALSE(*control::AgeWindow(store(), 0, clock));
  EXPECT_TRUE(control::CheckKept(*store().ReadWindow(), *store().GetImport(id)).ok());
  clock.now -= absl::Hours(24 * 999 + 20);
  EXPECT_TRUE(*control::AgeWindow(store(), 30, clock));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      control::CheckKept(*store().ReadWindow(), *store().GetImport(id))));
  // A clock that goes back brings nothing back.
  clock.now -= absl::Hours(24 * 10);
  EXPECT_FALSE(*control::AgeWindow(store(), 30, clock));
  EXPECT_EQ(store().ReadWindow()->below(), 2u);
}

}  // namespace sluice::contract

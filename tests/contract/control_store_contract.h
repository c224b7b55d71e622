// What every store of control must do, alone and with others on the same database. A store joins by
// instantiating the suite with a fixture.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "sluice/record/v1/record.pb.h"
#include "tests/contract/control_lease_contract.h"
#include "tests/contract/control_profile_contract.h"
#include "tests/contract/control_round_contract.h"
#include "tests/contract/control_store_fixture.h"
#include "tests/contract/control_undo_contract.h"

namespace sluice::contract {

TEST_P(ControlStoreContract, TheInstallationIsTheSameForAllAndForGood) {
  const auto first = store().GetInstallation();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(first->hash_key, base::HashKey{});
  EXPECT_EQ(first->log_id, "");
  ASSERT_TRUE(store().BindLog("log-a").ok());
  EXPECT_TRUE(store().BindLog("log-a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store().BindLog("log-b")));
  fixture_->Reopen();
  const auto other = fixture_->OpenAnother();
  for (control::ControlStore* each : {&store(), other.get()}) {
    EXPECT_EQ(each->GetInstallation()->hash_key, first->hash_key);
    EXPECT_EQ(each->GetInstallation()->log_id, "log-a");
    EXPECT_TRUE(absl::IsFailedPrecondition(each->BindLog("log-b")));
  }
}

TEST_P(ControlStoreContract, ASinkKeepsItsFirstUrl) {
  ASSERT_TRUE(store().AddSink({"b", "url-1"}).ok());
  ASSERT_TRUE(store().AddSink({"a", "url-2"}).ok());
  ASSERT_TRUE(store().AddSink({"b", "url-3"}).ok());
  const auto sinks = store().ListSinks();
  ASSERT_TRUE(sinks.ok());
  ASSERT_EQ(sinks->size(), 2u);
  EXPECT_EQ((*sinks)[0].name, "a");
  EXPECT_EQ((*sinks)[1].url, "url-1");
}

TEST_P(ControlStoreContract, AnImportIsFoundAgainAsItWasCreated) {
  const auto created = store().CreateImport(Wanted("01a", "h1"), SameContent("h1"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_FALSE(created->resumed);
  EXPECT_EQ(created->import.sequence, 1u);
  Create("01b");
  fixture_->Reopen();
  const auto found = store().GetImport("01a");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->path, "/files/h1");
  EXPECT_EQ(found->plan.import_id(), "01a");
  EXPECT_EQ(found->plan.sequence(), 1u);
  EXPECT_EQ(found->plan.revision(), 1u);
  EXPECT_EQ(found->state, control::controlpb::IMPORT_STATE_RUNNING);
  EXPECT_EQ(found->version, 1u);
  EXPECT_FALSE(found->created_at.empty());
  EXPECT_FALSE(found->ended_at.has_value());
  ASSERT_EQ(store().ListImports()->size(), 2u);
  EXPECT_EQ((*store().ListImports())[0].id, "01b");
  EXPECT_TRUE(absl::IsNotFound(store().GetImport("01c").status()));
  EXPECT_EQ(*store().ResolveId("last"), "01b");
  EXPECT_EQ(*store().ResolveId("01a"), "01a");
  EXPECT_TRUE(absl::IsInvalidArgument(store().ResolveId("01").status()));
  EXPECT_TRUE(absl::IsNotFound(store().ResolveId("02").status()));
  ASSERT_TRUE(store().AddSeconds("01a", 1.25).ok());
  ASSERT_TRUE(store().AddSeconds("01a", 1.5).ok());
  EXPECT_DOUBLE_EQ(store().GetImport("01a")->seconds, 2.75);
}

TEST_P(ControlStoreContract, AReplayNamesTheImportForGoodAndToAll) {
  Create("01a");
  control::NewImport wanted = Wanted("01b", "h2");
  wanted.plan.set_replay_of("01a");
  ASSERT_TRUE(store().CreateImport(wanted, SameContent("h2")).ok());
  fixture_->Reopen();
  EXPECT_EQ(store().GetImport("01b")->plan.replay_of(), "01a");
  EXPECT_EQ(store().GetImport("01a")->plan.replay_of(), "");
  EXPECT_EQ(store().ListRunning()->front().plan.replay_of(), "01a");
  const auto outbox = store().ReadOutbox();
  const auto published = std::find_if(outbox->begin(), outbox->end(), [](const auto& message) {
    return message.key == "plan/01b/1";
  });
  ASSERT_NE(published, outbox->end());
  control::controlpb::ImportEvent event;
  ASSERT_TRUE(event.ParseFromString(published->value));
  EXPECT_EQ(event.plan().replay_of(), "01a");
}

TEST_P(ControlStoreContract, WhatIsNotAdmittedLeavesNothing) {
  Create("01a");
  const auto refused = store().CreateImport(
      Wanted("01b", "h2"), [](const auto& running) -> absl::StatusOr<std::optional<std::string>> {
        EXPECT_EQ(running.size(), 1u);
        return absl::FailedPreconditionError("no");
      });
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_EQ(store().ListImports()->size(), 1u);
  EXPECT_EQ(OutboxKeys(store()), "plan/01a/1 state/01a ");
}

// Two stores are asked for the same at the same time, again and again.
TEST_P(ControlStoreContract, TwoStoresNeverCreateOneImportTwice) {
  constexpr int kRounds = 40;
  const auto other = fixture_->OpenAnother();
  int created[2] = {0, 0};
  const auto run = [&](control::ControlStore& here, int number) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string hash = "h" + std::to_string(round);
      const auto import = here.CreateImport(
          Wanted("01" + std::string(1, static_cast<char>('a' + number)) + hash, hash),
          SameContent(hash));
      ASSERT_TRUE(import.ok()) << import.status();
      EXPECT_EQ(import->import.plan_hash, hash);
      if (!import->resumed) ++created[number];
    }
  };
  std::thread thread([&] { run(*other, 1); });
  run(store(), 0);
  thread.join();
  EXPECT_EQ(created[0] + created[1], kRounds);
  const auto imports = store().ListImports();
  ASSERT_EQ(imports->size(), static_cast<size_t>(kRounds));
  // Row ids come from the sequences.
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ((*imports)[static_cast<size_t>(i)].sequence, static_cast<uint64_t>(kRounds - i));
  }
}

TEST_P(ControlStoreContract, ResultsAreAppliedOnceAndWithTheirOffset) {
  const std::string id = Create("01a");
  EXPECT_EQ(*store().ResultsOffset(1), 0u);
  auto applied = Apply(store(), 1, 0, Skipped(id, 1, 3));
  ASSERT_TRUE(applied.ok()) << applied.status();
  ASSERT_EQ(applied->progressed.size(), 1u);
  EXPECT_EQ(applied->progressed[0].second, 3);
  EXPECT_EQ(*store().ResultsOffset(1), 1u);
  // A control that was slow comes with what another has applied meanwhile, from before or beyond.
  const auto other = fixture_->OpenAnother();
  ASSERT_TRUE(Apply(*other, 1, 1, Skipped(id, 1, 4)).ok());
  for (const uint64_t from : {0u, 1u, 3u}) {
    EXPECT_TRUE(absl::IsAborted(Apply(store(), 1, from, Skipped(id, 1, 100)).status())) << from;
  }
  // One that is behind in one partition applies nothing of the others.
  EXPECT_TRUE(absl::IsAborted(
      store()
          .ApplyResults({{0, 0, 1, Skipped(id, 0, 100)}, {1, 1, 2, Skipped(id, 1, 100)}})
          .status()));
  EXPECT_EQ(store().GetImport(id)->counts.Of(control::recordpb::OUTCOME_SKIPPED), 7);
  EXPECT_EQ(*store().ResultsOffset(0), 0u);
  EXPECT_EQ(*store().ResultsOffset(1), 2u);
  ASSERT_TRUE(Apply(store(), 1, 2, Skipped(id, 1, 5)).ok());
  fixture_->Reopen();
  EXPECT_EQ(store().GetImport(id)->counts.Of(control::recordpb::OUTCOME_SKIPPED), 12);
}

TEST_P(ControlStoreContract, AnImportIsCompleteWhenAllPartsHaveEndedAndAddUp) {
  const std::string id = Create("01a");
  ASSERT_TRUE(Apply(store(), 0, 0, Ended(id, 0, 5, 5)).ok());
  EXPECT_FALSE(store().GetImport(id)->ended());
  const auto applied = Apply(store(), 1, 0, Ended(id, 1, 7, 7));
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->ended, std::vector<std::string>{id});
  const auto import = store().GetImport(id);
  EXPECT_EQ(import->state, control::controlpb::IMPORT_STATE_COMPLETED);
  EXPECT_EQ(import->version, 2u);
  EXPECT_TRUE(import->ended_at.has_value());
  EXPECT_EQ(OutboxKeys(store()), "plan/01a/1 state/01a state/01a ");
  // After the end nothing may come: it is a broken invariant, not something to smooth over.
  EXPECT_EQ(Apply(store(), 1, 4, Skipped(id, 1, 1)).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(store().GetImport(id)->counts.Finished(), 12);
  EXPECT_EQ(*store().ResultsOffset(1), 4u);
  EXPECT_EQ(Apply(store(), 1, 4, Skipped("01z", 1, 1)).status().code(),
            absl::StatusCode::kInternal);
}

TEST_P(ControlStoreContract, WhatDoesNotAddUpFailsWithTheNumbers) {
  const std::string id = Create("01a");
  ASSERT_TRUE(Apply(store(), 0, 0, Ended(id, 0, 5, 5)).ok());
  ASSERT_TRUE(Apply(store(), 1, 0, Ended(id, 1, 7, 6)).ok());
  const auto import = store().GetImport(id);
  EXPECT_EQ(import->state, control::controlpb::IMPORT_STATE_FAILED);
  EXPECT_NE(import->error.find("12"), std::string::npos) << import->error;
  EXPECT_NE(import->error.find("11"), std::string::npos) << import->error;
}

TEST_P(ControlStoreContract, APersonPausesResumesAndCancels) {
  const std::string id = Create("01a");
  using control::Wish;
  const auto state_after = [&](Wish wish) {
    const auto changed = store().ChangeState(id, wish);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.ok() ? control::StateName(changed->state) : "";
  };
  EXPECT_EQ(state_after(Wish::kResume), "running");
  EXPECT_EQ(state_after(Wish::kPause), "paused");
  EXPECT_EQ(state_after(Wish::kPause), "paused");
  EXPECT_EQ(store().GetImport(id)->version, 2u);
  EXPECT_EQ(state_after(Wish::kResume), "running");
  EXPECT_EQ(state_after(Wish::kCancel), "draining");
  EXPECT_EQ(state_after(Wish::kCancel), "draining");
  EXPECT_TRUE(absl::IsFailedPrecondition(store().ChangeState(id, Wish::kPause).status()));
  EXPECT_EQ(store().GetImport(id)->version, 4u);
  EXPECT_EQ(OutboxKeys(store()), "plan/01a/1 state/01a state/01a state/01a state/01a ");
  // It ends as ingest says that it has: here, before its source did.
  auto first = Ended(id, 0, 5, 5);
  first[0].set_end_reason(control::recordpb::END_REASON_CANCELLED);
  ASSERT_TRUE(Apply(store(), 0, 0, first).ok());
  ASSERT_TRUE(Apply(store(), 1, 0, Ended(id, 1, 7, 7)).ok());
  EXPECT_EQ(store().GetImport(id)->state, control::controlpb::IMPORT_STATE_CANCELLED);
  EXPECT_EQ(state_after(Wish::kCancel), "cancelled");
  EXPECT_TRUE(absl::IsFailedPrecondition(store().ChangeState(id, Wish::kResume).status()));
  EXPECT_TRUE(absl::IsNotFound(store().ChangeState("01b", Wish::kPause).status()));
}

// Each store counts one partition; whoever is last sees what the other has counted.
TEST_P(ControlStoreContract, TwoStoresThatCountOneImportCompleteItOnce) {
  constexpr int kRounds = 30;
  const auto other = fixture_->OpenAnother();
  uint64_t offset = 0;
  for (int round = 0; round < kRounds; ++round, offset += 4) {
    const std::string id = Create("01r" + std::to_string(round));
    absl::StatusOr<control::AppliedResults> applied[2];
    std::thread thread([&] { applied[1] = Apply(*other, 1, offset, Ended(id, 1, 7, 7)); });
    applied[0] = Apply(store(), 0, offset, Ended(id, 0, 5, 5));
    thread.join();
    ASSERT_TRUE(applied[0].ok()) << applied[0].status();
    ASSERT_TRUE(applied[1].ok()) << applied[1].status();
    EXPECT_EQ(applied[0]->ended.size() + applied[1]->ended.size(), 1u);
    EXPECT_EQ(store().GetImport(id)->state, control::controlpb::IMPORT_STATE_COMPLETED);
    EXPECT_EQ(store().GetImport(id)->version, 2u);
  }
}

TEST_P(ControlStoreContract, RowsAndIssuesAreKeptInTheirOrder) {
  const std::string id = Create("01a");
  const std::string quiet = Create("01b");
  uint64_t offset = 0;
  for (int number = 1; number <= 2500; ++number) {
    control::recordpb::StageResult result = Result(id, control::recordpb::STAGE_CLEAN, 0);
    result.add_rows()->set_row(static_cast<uint64_t>(number));
    if (number > 3 && number < 2498) continue;
    std::vector<control::recordpb::StageResult> batch(number == 3 ? 1200 : 1, result);
    ASSERT_TRUE(Apply(store(), 0, offset, batch).ok());
    offset += batch.size();
  }
  ASSERT_TRUE(Apply(store(), 0, offset, Skipped(quiet, 0, 1)).ok());
  fixture_->Reopen();
  std::vector<uint64_t> rows;
  ASSERT_TRUE(store()
                  .VisitResults(id,
                                [&](const control::recordpb::StageResult& result) {
                                  EXPECT_EQ(result.stage(), control::recordpb::STAGE_CLEAN);
                                  if (rows.empty() || rows.back() != result.rows(0).row()) {
                                    rows.push_back(result.rows(0).row());
                                  }
                                  return absl::OkStatus();
                                })
                  .ok());
  EXPECT_EQ(rows, (std::vector<uint64_t>{1, 2, 3, 2498, 2499, 2500}));
}

// Whoever reads slowly holds up nobody: the store can be asked in the middle.
TEST_P(ControlStoreContract, AVisitorMayAskTheStore) {
  const std::string id = Create("01a");
  constexpr int kResults = 100;
  for (int i = 0; i < kResults; ++i) {
    control::recordpb::StageResult result = Result(id, control::recordpb::STAGE_CLEAN, 0);
    result.add_rows()->set_row(static_cast<uint64_t>(i + 1));
    ASSERT_TRUE(Apply(store(), 0, static_cast<uint64_t>(i), {result}).ok());
  }
  uint64_t rows = 0;
  const auto visit = [&](const control::recordpb::StageResult& result) {
    EXPECT_EQ(result.rows(0).row(), ++rows);
    return store().GetImport(id).status();
  };
  ASSERT_TRUE(store().VisitResults(id, visit).ok());
  EXPECT_EQ(rows, static_cast<uint64_t>(kResults));
  EXPECT_EQ(store().ReadResults(id, 0, 7)->size(), 7u);
}

TEST_P(ControlStoreContract, ImportsAreReadPageByPageNewestFirst) {
  constexpr int kImports = 230;
  for (int i = 0; i < kImports; ++i) Create(fmt::format("01{:04}", i));
  std::vector<uint64_t> sequences;
  const auto visit = [&](const control::ImportRecord& import) {
    sequences.push_back(import.sequence);
    return store().GetImport(import.id).status();
  };
  ASSERT_TRUE(store().VisitImports(visit).ok());
  ASSERT_EQ(sequences.size(), static_cast<size_t>(kImports));
  EXPECT_TRUE(std::is_sorted(sequences.rbegin(), sequences.rend()));
  const auto page = store().ReadImports({false, 10, 3});
  ASSERT_EQ(page->size(), 3u);
  EXPECT_EQ((*page)[0].sequence, 9u);
  EXPECT_EQ((*page)[2].sequence, 7u);
  EXPECT_EQ(store().ListRunning()->size(), static_cast<size_t>(kImports));
}

TEST_P(ControlStoreContract, ANewerSchemaIsRefused) {
  Create("01a");
  EXPECT_TRUE(absl::IsFailedPrecondition(fixture_->OpenNewerSchema()));
}

}  // namespace sluice::contract

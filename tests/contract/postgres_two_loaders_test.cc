// Two loaders, each with a connection of its own, on overlapping customers that they know by
// different rules.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <barrier>
#include <memory>
#include <numeric>
#include <thread>

#include "common/base/status.h"
#include "load/import_loader.h"
#include "tests/contract/contact_import.h"
#include "tests/contract/postgres_sink_fixture.h"
#include "tests/testing/customer_plan.h"

namespace sluice::contract {
namespace {

constexpr int kCustomers = 600;
constexpr int kBatches = 20;
constexpr int kRounds = 3;
constexpr int kTriesMax = 1000;

// What a loader has done, as its journal should tell.
struct LoaderReport {
  absl::Status status;
  int overtaken = 0;
  int64_t added = 0;
};

// A customer as a loader of this kind knows it. Loader 0 knows external ids and phones, loader 1
// e-mail addresses and phones: only the phone leads from one to the other.
struct KnownCustomer {
  KnownCustomer(int kind, int customer, uint64_t sequence)
      : values({fmt::format("{}{}", kind == 0 ? "e" : "m", customer), fmt::format("n{}", customer),
                fmt::format("p{}", customer), fmt::format("note {} of {}", kind, sequence)}) {
    view.header.ordinal = view.header.row = static_cast<uint64_t>(customer);
    view.fields = {{kind == 0 ? testing::kExternalId : testing::kEmail, values[0]},
                   {testing::kName, values[1]},
                   {testing::kPhone, values[2]},
                   {testing::kNote, values[3]}};
  }
  std::array<std::string, 4> values;
  record::MappedRecordView view;
};

std::shared_ptr<const plan::CompiledPlan> PlanOf(int kind, uint64_t sequence) {
  testing::CustomerPlanOptions options;
  options.sequence = sequence;
  options.identity = kind == 0 ? testing::RuleNames{{"external_id"}, {"phone", "name"}}
                               : testing::RuleNames{{"email", "name"}, {"phone", "name"}};
  return testing::CustomerPlan(options);
}

// One loader with a batch that stays open until the test says otherwise.
class OpenBatch {
 public:
  OpenBatch(load::Sink& sink, int kind, uint64_t sequence)
      : sink_(sink), kind_(kind), sequence_(sequence), loader_(sink, PlanOf(kind, sequence)) {
    const absl::Status prepared = sink_.Prepare(loader_.dataset());
    EXPECT_TRUE(prepared.ok()) << prepared;
  }
  // Reads and decides everything, writes nothing yet.
  absl::Status Load(const std::vector<int>& customers) {
    SLUICE_RETURN_IF_ERROR(sink_.Begin());
    // The records outlive the batch.
    customers_.clear();
    for (const int customer : customers) {
      customers_.push_back(std::make_unique<KnownCustomer>(kind_, customer, sequence_));
      loader_.Note(customers_.back()->view);
    }
    SLUICE_RETURN_IF_ERROR(loader_.Announce());
    pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    for (const auto& customer : customers_) {
      SLUICE_RETURN_IF_ERROR(loader_.Load(customer->view, result));
    }
    added_ = result.outcomes(pipeline::recordpb::OUTCOME_ADDED);
    return absl::OkStatus();
  }
  absl::Status Commit() { return sink_.Commit(); }
  int64_t added() const { return added_; }

 private:
  load::Sink& sink_;
  const int kind_;
  const uint64_t sequence_;
  load::ImportLoader loader_;
  std::vector<std::unique_ptr<KnownCustomer>> customers_;
  int64_t added_ = 0;
};

// Loads every customer in batches. Both loaders wait for each other before a batch and before its
// first commit, so that their batches are open at once.
void RunLoader(load::Sink& sink, uint64_t sequence, int kind, std::barrier<>& both,
               LoaderReport& report) {
  OpenBatch batch(sink, kind, sequence);
  constexpr int kInBatch = kCustomers / kBatches;
  for (int number = 0; number < kBatches; ++number) {
    std::vector<int> customers(kInBatch);
    std::iota(customers.begin(), customers.end(), number * kInBatch);
    // Who was overtaken holds the other off at its next try: nobody begins while one tries.
    both.arrive_and_wait();
    for (int tries = 0; tries < kTriesMax; ++tries) {
      report.status = batch.Load(customers);
      // Once for each batch: who tries again has the other behind it.
      if (tries == 0) both.arrive_and_wait();
      if (report.status.ok()) {
        report.status = batch.Commit();
      } else {
        sink.Abort();
      }
      if (report.status.ok()) break;
      // The other one must not wait for ever.
      if (!base::IsRetryable(report.status)) return both.arrive_and_drop();
      ++report.overtaken;
    }
    report.added += batch.added();
  }
}

// One batch in which both loaders meet a customer only the phone number of which they share. How
// often the customer is there in the end.
size_t MeetOneCustomer(PostgresFixture& fixture, bool check_keys, absl::Status& second_commit) {
  load::PostgresSinkOptions options = fixture.options();
  options.check_keys = check_keys;
  auto first_sink = load::PostgresSink::Open(options);
  auto second_sink = load::PostgresSink::Open(options);
  EXPECT_TRUE(first_sink.ok() && second_sink.ok());
  OpenBatch first(**first_sink, 0, 1);
  OpenBatch second(**second_sink, 1, 2);
  EXPECT_TRUE(first.Load({7}).ok());
  EXPECT_TRUE(second.Load({7}).ok());
  const absl::Status committed = first.Commit();
  EXPECT_TRUE(committed.ok()) << committed;
  second_commit = second.Commit();
  if (!second_commit.ok()) {
    EXPECT_TRUE(second.Load({7}).ok());
    const absl::Status again = second.Commit();
    EXPECT_TRUE(again.ok()) << again;
    EXPECT_EQ(second.added(), 0);
  }
  return fixture.Rows("SELECT id FROM customers", 1).size();
}

TEST(PostgresTwoLoadersTest, WhoIsOvertakenBetweenReadAndCommitFindsTheOthersCustomer) {
  PostgresFixture fixture;
  absl::Status second_commit;
  EXPECT_EQ(MeetOneCustomer(fixture, true, second_commit), 1u);
  EXPECT_TRUE(absl::IsAborted(second_commit)) << second_commit;
}

TEST(PostgresTwoLoadersTest, WithoutTheCheckOfKeysTheCustomerIsThereTwice) {
  // What the test above would miss if its batches were not open at the same time.
  PostgresFixture fixture;
  absl::Status second_commit;
  EXPECT_EQ(MeetOneCustomer(fixture, false, second_commit), 2u);
  EXPECT_TRUE(second_commit.ok()) << second_commit;
}

TEST(PostgresTwoLoadersTest, WhoChangesARowThatAnotherHasChangedReadsItAgain) {
  PostgresFixture fixture;
  OpenBatch maker(fixture.sink(), 0, 1);
  ASSERT_TRUE(maker.Load({7}).ok());
  ASSERT_TRUE(maker.Commit().ok());
  const auto first_sink = fixture.OpenAnother();
  const auto second_sink = fixture.OpenAnother();
  OpenBatch first(*first_sink, 0, 2);
  OpenBatch second(*second_sink, 1, 3);
  ASSERT_TRUE(first.Load({7}).ok());
  ASSERT_TRUE(second.Load({7}).ok());
  ASSERT_TRUE(first.Commit().ok());
  EXPECT_TRUE(absl::IsAborted(second.Commit()));
  ASSERT_TRUE(second.Load({7}).ok());
  ASSERT_TRUE(second.Commit().ok());
  EXPECT_EQ(fixture.Rows("SELECT external_id, email, note FROM customers", 3),
            (std::vector<std::vector<std::string>>{{"e7", "m7", "note 1 of 3"}}));
}

// The transaction that ends an import drops what it has met; what it has decided by it is checked
// all the same.
TEST(PostgresTwoLoadersTest, WhoEndsAnImportSeesWhatAnotherHasMetMeanwhile) {
  PostgresFixture fixture;
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  const auto first = fixture.OpenAnother();
  const auto second = fixture.OpenAnother();
  constexpr load::MetKey kKey{5, 0};
  for (load::PostgresSink* sink : {first.get(), second.get()}) {
    ASSERT_TRUE(sink->Prepare(dataset).ok());
    ASSERT_TRUE(sink->Begin().ok());
    const auto met = sink->ReadMet(kKey, 7);
    ASSERT_TRUE(met.ok() && !met->has_value());
    ASSERT_TRUE(sink->WriteMet(kKey, 7, {1, 1, 3, {}}).ok());
  }
  ASSERT_TRUE(second->DropMet(kKey).ok());
  ASSERT_TRUE(first->Commit().ok());
  const absl::Status overtaken = second->Commit();
  EXPECT_TRUE(absl::IsAborted(overtaken)) << overtaken;
  ASSERT_TRUE(second->Begin().ok());
  const auto met = second->ReadMet(kKey, 7);
  ASSERT_TRUE(met.ok() && met->has_value());
  ASSERT_TRUE(second->DropMet(kKey).ok());
  ASSERT_TRUE(second->Commit().ok());
  EXPECT_TRUE(fixture.Rows("SELECT row_id FROM sluice.met", 1).empty());
}

// Opposite orders within a batch: locks are taken in one order all the same.
TEST(PostgresTwoLoadersTest, OppositeOrdersDoNotDeadlock) {
  PostgresFixture fixture;
  std::vector<int> customers(200);
  std::iota(customers.begin(), customers.end(), 0);
  OpenBatch maker(fixture.sink(), 0, 1);
  ASSERT_TRUE(maker.Load(customers).ok());
  ASSERT_TRUE(maker.Commit().ok());
  const auto first_sink = fixture.OpenAnother();
  const auto second_sink = fixture.OpenAnother();
  for (uint64_t round = 0; round < 5; ++round) {
    OpenBatch first(*first_sink, 0, 2 + 2 * round);
    OpenBatch second(*second_sink, 1, 3 + 2 * round);
    ASSERT_TRUE(first.Load(customers).ok());
    ASSERT_TRUE(second.Load({customers.rbegin(), customers.rend()}).ok());
    absl::Status committed[2];
    std::thread other([&] { committed[1] = second.Commit(); });
    committed[0] = first.Commit();
    other.join();
    EXPECT_EQ(committed[0].ok() + committed[1].ok(), 1) << committed[0] << committed[1];
    EXPECT_TRUE(absl::IsAborted(committed[committed[0].ok() ? 1 : 0]));
    // Who was overtaken holds the others off: it goes first.
    OpenBatch& overtaken = committed[0].ok() ? second : first;
    ASSERT_TRUE(overtaken.Load(customers).ok());
    const absl::Status again = overtaken.Commit();
    EXPECT_TRUE(again.ok()) << again;
  }
}

TEST(PostgresTwoLoadersTest, NeverCreateACustomerTwiceAndLoseNoBeforeImage) {
  PostgresFixture fixture;
  int64_t added = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto first = fixture.OpenAnother();
    const auto second = fixture.OpenAnother();
    LoaderReport reports[2];
    const uint64_t sequence = 1 + 2 * static_cast<uint64_t>(round);
    std::barrier both(2);
    std::thread other([&] { RunLoader(*second, sequence + 1, 1, both, reports[1]); });
    RunLoader(*first, sequence, 0, both, reports[0]);
    other.join();
    // Every batch met an open one of the same customers: one of the two was overtaken.
    EXPECT_GE(reports[0].overtaken + reports[1].overtaken, kBatches);
    for (const LoaderReport& report : reports) {
      ASSERT_TRUE(report.status.ok()) << report.status;
      added += report.added;
    }
    EXPECT_EQ(added, kCustomers);
  }
  EXPECT_EQ(fixture.Rows("SELECT count(*), count(DISTINCT phone), count(external_id), "
                         "count(email) FROM customers",
                         4),
            (std::vector<std::vector<std::string>>{{"600", "600", "600", "600"}}));
  // Each value of the note was the one before of the next: the chain of every row has no gap.
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  ASSERT_TRUE(fixture.sink().Prepare(dataset).ok());
  for (const auto& row : fixture.Rows("SELECT id, note FROM customers", 2)) {
    std::optional<std::string> note = row[1];
    int writes = 0;
    for (uint32_t below = UINT32_MAX; below > 0;) {
      const auto entry = fixture.sink().ReadEntry(dataset, std::stoll(row[0]), below);
      ASSERT_TRUE(entry.ok()) << entry.status();
      ASSERT_TRUE(entry->has_value());
      below = (*entry)->number - 1;
      for (const load::JournalChange& change : (*entry)->changes) {
        if (change.name != "note") continue;
        EXPECT_EQ(change.written, note);
        note = change.before;
        ++writes;
      }
    }
    EXPECT_EQ(note, std::nullopt);
    EXPECT_EQ(writes, 2 * kRounds);
  }
}

// Who ends the last partition of an import drops what is only kept until then. Both ended theirs in
// transactions that were open at once, and neither saw the other's.
TEST(PostgresTwoLoadersTest, OneOfTwoThatEndAtOnceSeesThatItIsTheLast) {
  PostgresFixture fixture;
  auto first = load::PostgresSink::Open(fixture.options());
  auto second = load::PostgresSink::Open(fixture.options());
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE((*first)->Begin().ok());
  ASSERT_TRUE((*second)->Begin().ok());
  ASSERT_TRUE((*first)->WriteTotals("01x", 0, 0, "ended").ok());
  ASSERT_TRUE((*second)->WriteTotals("01x", 0, 1, "ended").ok());
  ASSERT_TRUE((*first)->EndAlone().ok());
  EXPECT_EQ((*first)->ReadTotals("01x", 0, 1).value(), "");
  std::string seen;
  std::thread other([&] {
    EXPECT_TRUE((*second)->EndAlone().ok());
    seen = (*second)->ReadTotals("01x", 0, 0).value();
    EXPECT_TRUE((*second)->Commit().ok());
  });
  EXPECT_TRUE((*first)->Commit().ok());
  other.join();
  EXPECT_EQ(seen, "ended");
}

// Neither sees the other's account before it commits.
TEST(PostgresTwoLoadersTest, WhatBothReferToIsCreatedOnce) {
  PostgresFixture fixture;
  auto first_sink = load::PostgresSink::Open(fixture.options());
  auto second_sink = load::PostgresSink::Open(fixture.options());
  ASSERT_TRUE(first_sink.ok() && second_sink.ok());
  ContactImport first(**first_sink, {.sequence = 1});
  ContactImport second(**second_sink, {.sequence = 2});
  const std::vector<ContactRecord> mine = {{{"c0", "n0", "new", ""}, 0}};
  const std::vector<ContactRecord> theirs = {{{"c1", "n1", "new", ""}, 1}};
  ASSERT_TRUE(first.Work(mine).ok());
  ASSERT_TRUE(second.Work(theirs).ok());
  ASSERT_TRUE(first.Commit().ok());
  const absl::Status overtaken = second.Commit();
  EXPECT_TRUE(absl::IsAborted(overtaken)) << overtaken;
  const absl::Status again = second.Load(theirs);
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(first.created(), 1);
  EXPECT_EQ(second.created(), 0);
  EXPECT_EQ(fixture.Rows("SELECT count(*), count(DISTINCT c.id) FROM accounts a JOIN contacts c ON "
                         "c.account_id = a.id WHERE a.name = 'new'",
                         2),
            (std::vector<std::vector<std::string>>{{"2", "2"}}));
  EXPECT_EQ(fixture.Rows("SELECT count(*) FROM accounts", 1)[0][0], "1");
}

}  // namespace
}  // namespace sluice::contract

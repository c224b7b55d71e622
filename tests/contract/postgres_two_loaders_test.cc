// Two loaders, each with a connection of its own, on overlapping customers that they know by
// different rules.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "common/base/status.h"
#include "load/import_loader.h"
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

// Loads every customer in batches, starting at one of them. Loader 0 knows their external ids and
// phones, loader 1 their e-mail addresses and phones: only the phone leads from one to the other.
void RunLoader(load::Sink& sink, uint64_t sequence, int kind, LoaderReport& report) {
  testing::CustomerPlanOptions options;
  options.sequence = sequence;
  options.identity = kind == 0 ? testing::RuleNames{{"external_id"}, {"phone", "name"}}
                               : testing::RuleNames{{"email", "name"}, {"phone", "name"}};
  load::ImportLoader loader(sink, testing::CustomerPlan(options));
  report.status = sink.Prepare(loader.dataset());
  constexpr int kInBatch = kCustomers / kBatches;
  for (int batch = 0; batch < kBatches && report.status.ok(); ++batch) {
    for (int tries = 0; tries < kTriesMax; ++tries) {
      pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
      report.status = sink.Begin();
      std::vector<std::array<std::string, 4>> values(kInBatch);
      std::vector<record::MappedRecordView> views(kInBatch);
      for (int i = 0; i < kInBatch; ++i) {
        const int customer = batch * kInBatch + i;
        values[i] = {fmt::format("{}{}", kind == 0 ? "e" : "m", customer),
                     fmt::format("n{}", customer), fmt::format("p{}", customer),
                     fmt::format("note {} of {}", kind, sequence)};
        views[i].header.ordinal = views[i].header.row = static_cast<uint64_t>(customer);
        views[i].fields = {{kind == 0 ? testing::kExternalId : testing::kEmail, values[i][0]},
                           {testing::kName, values[i][1]},
                           {testing::kPhone, values[i][2]},
                           {testing::kNote, values[i][3]}};
        loader.Note(views[i]);
      }
      if (report.status.ok()) report.status = loader.Announce();
      for (const auto& view : views) {
        if (report.status.ok()) report.status = loader.Load(view, result);
      }
      if (report.status.ok()) {
        report.status = sink.Commit();
      } else {
        sink.Abort();
      }
      if (report.status.ok()) {
        report.added += result.outcomes(pipeline::recordpb::OUTCOME_ADDED);
        break;
      }
      if (!base::IsRetryable(report.status)) return;
      ++report.overtaken;
    }
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
    std::thread other([&] { RunLoader(*second, sequence + 1, 1, reports[1]); });
    RunLoader(*first, sequence, 0, reports[0]);
    other.join();
    for (const LoaderReport& report : reports) {
      ASSERT_TRUE(report.status.ok()) << report.status;
      added += report.added;
      RecordProperty("overtaken", report.overtaken);
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

}  // namespace
}  // namespace sluice::contract

#include <gtest/gtest.h>

#include "common/database/sqlite.h"
#include "load/sqlite_sink.h"
#include "tests/contract/reference_contract.h"
#include "tests/contract/sink_contract.h"
#include "tests/contract/sink_view_contract.h"
#include "tests/contract/sqlite_sink_fixture.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

std::unique_ptr<SinkFixture> MakeSqlite() {
  return std::make_unique<SqliteFixture>();
}

// SQLite rewrites numbers in a numeric column: every import would find the row changed.
TEST(SqliteSinkTest, AColumnThatWouldRewriteValuesIsRefused) {
  const std::pair<std::string, bool> cases[] = {
      {"phone TEXT", true},         {"phone VARCHAR(20)", true},    {"phone", true},
      {"phone BLOB", true},         {"email DATE", false},          {"phone INTEGER", false},
      {"phone BIGINT", false},      {"phone NUMERIC", false},       {"phone STRING", false},
      {"name REAL", false},         {"age_in_years REAL", true},    {"note DECIMAL(9)", false},
      {"external_id POINT", false}, {"external_id INT TEXT", false}};
  for (const auto& [column, fits] : cases) {
    testing::TemporaryDirectory directory;
    base::SystemRandom random;
    const database::SqliteOptions options{.path = directory.path() + "/sink.db"};
    auto other = database::SqliteConnection::Open(options);
    ASSERT_TRUE(other.ok()) << other.status();
    ASSERT_TRUE(
        (*other)->Execute("CREATE TABLE customers(id INTEGER PRIMARY KEY, " + column + ")").ok());
    auto sink = load::SqliteSink::Open(options, random);
    ASSERT_TRUE(sink.ok()) << sink.status();
    const absl::Status status = (*sink)->Prepare(testing::CustomerSinkDataset());
    EXPECT_EQ(status.ok(), fits) << column << ": " << status;
    EXPECT_EQ(absl::IsFailedPrecondition(status), !fits) << column;
  }
}

TEST(SqliteSinkTest, AnAbortThatCannotReadItsIndexBackIsTriedAgain) {
  testing::TemporaryDirectory directory;
  base::SystemRandom random;
  const database::SqliteOptions options{.path = directory.path() + "/sink.db"};
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  auto sink = load::SqliteSink::Open(options, random);
  ASSERT_TRUE(sink.ok()) << sink.status();
  ASSERT_TRUE((*sink)->Prepare(dataset).ok());
  ASSERT_TRUE((*sink)->Begin().ok());
  const std::vector<std::string_view> fields = {"e", "n", "", "", "", ""};
  ASSERT_TRUE((*sink)->Insert(dataset, {8, 2, fields, {}, ""}, 1).ok());
  ASSERT_TRUE((*sink)->Commit().ok());
  auto other = database::SqliteConnection::Open(options);
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE((*other)->Execute("ALTER TABLE sluice_match_run RENAME TO elsewhere").ok());
  ASSERT_TRUE((*sink)->Begin().ok());
  ASSERT_TRUE((*sink)->Insert(dataset, {16, 3, fields, {}, ""}, 1).ok());
  EXPECT_FALSE((*sink)->Commit().ok());
  EXPECT_FALSE((*sink)->Begin().ok());
  ASSERT_TRUE((*other)->Execute("ALTER TABLE elsewhere RENAME TO sluice_match_run").ok());
  const absl::Status begun = (*sink)->Begin();
  ASSERT_TRUE(begun.ok()) << begun;
  std::vector<load::RowId> ids;
  const std::vector<std::string_view> key = {"e"};
  ASSERT_TRUE((*sink)->FindCandidates(dataset, {0, key}, ids).ok());
  EXPECT_EQ(ids, std::vector<load::RowId>{8});
  ASSERT_TRUE((*sink)->Commit().ok());
}

TEST(SqliteSinkTest, AnIndexBuiltAnewLeavesNothingOfTheOldOne) {
  testing::TemporaryDirectory directory;
  base::SystemRandom random;
  const database::SqliteOptions options{.path = directory.path() + "/sink.db"};
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  auto other = database::SqliteConnection::Open(options);
  ASSERT_TRUE(other.ok()) << other.status();
  for (int round = 0; round < 3; ++round) {
    auto sink = load::SqliteSink::Open(options, random);
    ASSERT_TRUE(sink.ok()) << sink.status();
    ASSERT_TRUE((*sink)->Prepare(dataset).ok());
    ASSERT_TRUE((*sink)->Begin().ok());
    const std::vector<std::string_view> fields = {"e", "n", "", "", "", ""};
    ASSERT_TRUE((*sink)->Insert(dataset, {8 + round, 2, fields, {}, ""}, 1).ok());
    ASSERT_TRUE((*sink)->Commit().ok());
    sink->reset();
    ASSERT_TRUE((*other)->Execute("DROP TABLE customers").ok());
  }
  EXPECT_EQ(*(*other)->QueryInt("SELECT count(*) FROM sluice_match_chunk"), 1);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ReferenceContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, SinkContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, SinkViewContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });

}  // namespace
}  // namespace sluice::contract

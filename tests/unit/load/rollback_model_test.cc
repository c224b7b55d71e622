// Random schedules of imports, hand edits and rollbacks against the model, on SQLite in memory.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/contract/sqlite_sink_fixture.h"
#include "tests/unit/load/rollback_sequence.h"

namespace sluice::load {
namespace {

// `rollback_model_long` runs 100,000.
int Schedules() {
  const char* const given = std::getenv("TEST_SLUICE_SCHEDULES");
  return given == nullptr ? 2000 : std::atoi(given);
}

TEST(RollbackModelTest, AnyScheduleEndsAsTheModelSays) {
  RunRollbackSequences(Schedules(), [](uint64_t seed) {
    return std::make_unique<contract::SqliteFixture>(fmt::format("rollback-{}", seed));
  });
}

// Found by a schedule: a row that waited, and that somebody has deleted, went on waiting for others
// that still name it.
TEST(RollbackModelTest, ARowThatIsGoneWaitsForNobody) {
  contract::SqliteFixture fixture("gone");
  RollbackWriter writer(fixture);
  Sink& sink = fixture.sink();
  const RowId account = RowIdFor(3, 0);
  const ModelWrites contact = {{"name", "n"}, {"account_id", std::to_string(account)}};
  ASSERT_TRUE(sink.Begin().ok());
  writer.Insert("accounts", account, 3, {{"name", "a"}});
  writer.Insert("contacts", RowIdFor(1, 0), 1, contact);
  writer.Insert("contacts", RowIdFor(4, 0), 4, contact);
  ASSERT_TRUE(sink.Commit().ok());
  EXPECT_EQ(writer.RollBack(3)["import3"].kept(), 1);
  fixture.Execute(fmt::format("DELETE FROM accounts WHERE id = {}", account));
  auto totals = writer.RollBack(4);
  EXPECT_EQ(totals["import4"].removed(), 1);
  EXPECT_EQ(totals["import3"].kept(), 0);
  EXPECT_EQ(totals["import3"].gone(), 1);
}

}  // namespace
}  // namespace sluice::load

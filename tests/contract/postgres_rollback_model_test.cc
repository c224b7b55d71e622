// Random schedules of imports, hand edits and rollbacks against the model, on PostgreSQL.
#include <gtest/gtest.h>

#include "tests/contract/postgres_sink_fixture.h"
#include "tests/unit/load/rollback_sequence.h"

namespace sluice::load {
namespace {

// Each needs a database of its own; TEST_SLUICE_SCHEDULES for more.
int Schedules() {
  const char* const given = std::getenv("TEST_SLUICE_SCHEDULES");
  return given == nullptr ? 60 : std::atoi(given);
}

TEST(PostgresRollbackModelTest, AnyScheduleEndsAsTheModelSays) {
  RunRollbackSequences(Schedules(),
                       [](uint64_t) { return std::make_unique<contract::PostgresFixture>(); });
}

// Found by a schedule: the rollback was overtaken by itself, for good.
TEST(PostgresRollbackModelTest, WhoRefersToARowThatIsGoneHoldsNothingUp) {
  contract::PostgresFixture fixture;
  RollbackWriter writer(fixture);
  Sink& sink = fixture.sink();
  const RowId gone = RowIdFor(2, 0);
  ASSERT_TRUE(sink.Begin().ok());
  writer.Insert("contacts", gone, 2, {{"name", "boss"}});
  writer.Insert("contacts", RowIdFor(1, 0), 1, {{"name", "n"}, {"boss_id", std::to_string(gone)}});
  ASSERT_TRUE(sink.Commit().ok());
  fixture.Execute(fmt::format("DELETE FROM contacts WHERE id = {}", gone));
  EXPECT_EQ(writer.RollBack(2)["import2"].gone(), 1);
}

}  // namespace
}  // namespace sluice::load

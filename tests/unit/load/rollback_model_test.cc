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

}  // namespace
}  // namespace sluice::load

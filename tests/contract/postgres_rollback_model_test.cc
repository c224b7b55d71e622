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

}  // namespace
}  // namespace sluice::load

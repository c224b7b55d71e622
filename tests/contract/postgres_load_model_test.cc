// Random imports and hand edits against the model, on PostgreSQL.
#include <gtest/gtest.h>

#include "tests/contract/postgres_sink_fixture.h"
#include "tests/unit/load/load_sequence.h"

namespace sluice::load {
namespace {

// Each needs a database of its own.
constexpr int kSequences = 60;

TEST(PostgresLoadModelTest, RandomImportsAndHandEditsEndAsTheModelSays) {
  RunSequences(kSequences, [](uint64_t) { return std::make_unique<contract::PostgresFixture>(); });
}

}  // namespace
}  // namespace sluice::load

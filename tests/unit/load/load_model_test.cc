// Random imports and hand edits against the model, on SQLite in memory.
#include <gtest/gtest.h>

#include "tests/contract/sqlite_sink_fixture.h"
#include "tests/unit/load/load_sequence.h"

namespace sluice::load {
namespace {

constexpr int kSequences = 2000;

TEST(LoadModelTest, RandomImportsAndHandEditsEndAsTheModelSays) {
  RunSequences(kSequences, [](uint64_t seed) {
    return std::make_unique<contract::SqliteFixture>(fmt::format("model-{}", seed));
  });
}

}  // namespace
}  // namespace sluice::load

#include "common/plan/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sluice::plan {
namespace {

using Scores = std::vector<std::vector<double>>;

// The total of the best assignment, by trying all.
double BestTotal(const Scores& scores, size_t row, std::vector<bool>& used) {
  if (row == scores.size()) return 0;
  double best = BestTotal(scores, row + 1, used);
  for (size_t column = 0; column < scores[row].size(); ++column) {
    if (used[column] || scores[row][column] <= 0) continue;
    used[column] = true;
    best = std::max(best, scores[row][column] + BestTotal(scores, row + 1, used));
    used[column] = false;
  }
  return best;
}

TEST(AssignmentTest, IsTheBestOfAll) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> score(-0.5, 1);
  for (int round = 0; round < 500; ++round) {
    Scores scores(1 + random() % 5, std::vector<double>(random() % 6));
    for (auto& row : scores) {
      for (double& cell : row) cell = score(random);
    }
    const auto assigned = BestAssignment(scores);
    ASSERT_EQ(assigned.size(), scores.size());
    std::vector<bool> used(scores[0].size(), false);
    double total = 0;
    for (size_t row = 0; row < assigned.size(); ++row) {
      if (!assigned[row].has_value()) continue;
      EXPECT_FALSE(used[*assigned[row]]);
      EXPECT_GT(scores[row][*assigned[row]], 0);
      used[*assigned[row]] = true;
      total += scores[row][*assigned[row]];
    }
    std::vector<bool> none(scores[0].size(), false);
    EXPECT_NEAR(total, BestTotal(scores, 0, none), 1e-9);
  }
}

TEST(AssignmentTest, GivesWayWhereTheSumIsGreater) {
  // The first row would take column 0 by itself.
  EXPECT_EQ(BestAssignment({{0.9, 0.8}, {0.85, 0}}), (std::vector<std::optional<size_t>>{1, 0}));
  EXPECT_TRUE(BestAssignment({}).empty());
}

}  // namespace
}  // namespace sluice::plan

#include "ingest/push_budget.h"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

TEST(PushBudgetTest, WhatIsHeldCountsUntilItIsGivenBack) {
  PushBudget budget(100);
  {
    const auto first = budget.Take(60);
    EXPECT_TRUE(first.has_value());
    EXPECT_FALSE(budget.Take(41).has_value());
    EXPECT_TRUE(budget.Take(40).has_value());
    // That one is gone again.
    const auto second = budget.Take(40);
    EXPECT_TRUE(second.has_value());
    EXPECT_FALSE(budget.Take(1).has_value());
  }
  EXPECT_TRUE(budget.Take(100).has_value());
  EXPECT_FALSE(budget.Take(101).has_value());
}

}  // namespace
}  // namespace sluice::ingest

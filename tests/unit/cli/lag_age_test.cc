#include "cli/lag_age.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

class LagAgeTest : public ::testing::Test {
 protected:
  int64_t Look(int64_t second, uint64_t end, uint64_t read) {
    return absl::ToInt64Seconds(age_.Look(second * 1'000'000'000, end, read));
  }
  LagAge age_;
};

TEST_F(LagAgeTest, NothingUnreadHasNoAge) {
  EXPECT_EQ(Look(5, 0, 0), 0);
  EXPECT_EQ(Look(6, 100, 100), 0);
  // A group that is told to be further than the partition's end has read all of it.
  EXPECT_EQ(Look(7, 100, 101), 0);
}

TEST_F(LagAgeTest, WhatStandsStillGrowsOlder) {
  EXPECT_EQ(Look(10, 100, 100), 0);
  EXPECT_EQ(Look(20, 150, 100), 10);
  EXPECT_EQ(Look(30, 150, 100), 20);
  EXPECT_EQ(Look(40, 150, 149), 30);
  EXPECT_EQ(Look(50, 150, 150), 0);
  EXPECT_EQ(Look(60, 200, 150), 10);
}

TEST_F(LagAgeTest, AGroupThatKeepsUpWithAPartitionThatGrowsStaysYoung) {
  for (int64_t second = 0; second < 1000; ++second) {
    const auto end = static_cast<uint64_t>(second) * 100 + 100;
    // Always what was written in the last second but one is unread.
    const int64_t age = Look(second, end, end - 100);
    EXPECT_LE(age, 2) << second;
    if (second > 1) {
      EXPECT_GE(age, 1) << second;
    }
  }
}

TEST_F(LagAgeTest, WithoutAnEarlierLookTheAgeBeginsAtTheFirst) {
  EXPECT_EQ(Look(100, 50, 0), 0);
  EXPECT_EQ(Look(107, 50, 0), 7);
}

TEST_F(LagAgeTest, ManyLooksAreNotKept) {
  EXPECT_EQ(Look(0, 0, 0), 0);
  for (int64_t second = 1; second <= 5000; ++second) {
    EXPECT_EQ(Look(second, static_cast<uint64_t>(second), 0), second);
  }
  // Too high at most, never too low.
  EXPECT_GE(Look(5001, 5001, 4900), 100);
}

}  // namespace
}  // namespace sluice::cli

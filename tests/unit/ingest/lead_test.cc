#include "ingest/lead.h"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

constexpr LeadLimits kLimits{1.0, 100, 1000};
constexpr int64_t kSecond = 1'000'000'000;

TEST(LeadTest, WithoutARateTheLeastIsAllowed) {
  Lead lead(kLimits);
  lead.Join("a", 0);
  EXPECT_EQ(lead.Allowance("a"), 100u);
  lead.Sent("a", 30, 0);
  EXPECT_EQ(lead.Allowance("a"), 70u);
  lead.Sent("a", 100, 0);
  EXPECT_EQ(lead.Allowance("a"), 0u);
  lead.Sent("a", 130, 0);
  EXPECT_EQ(lead.Allowance("a"), 0u);
}

TEST(LeadTest, AllHaveArrivedWhenEveryRowSentHasAnOutcome) {
  Lead lead(kLimits);
  EXPECT_FALSE(lead.AllArrived("a"));
  lead.Join("a", 20);
  EXPECT_FALSE(lead.AllArrived("a"));
  lead.Arrived("a", 20, kSecond);
  EXPECT_TRUE(lead.AllArrived("a"));
  lead.Sent("a", 21, 0);
  EXPECT_FALSE(lead.AllArrived("a"));
}

TEST(LeadTest, NobodyWhoHasNotJoinedMaySend) {
  Lead lead(kLimits);
  EXPECT_EQ(lead.Allowance("a"), 0u);
  lead.Join("a", 0);
  EXPECT_GT(lead.Allowance("a"), 0u);
  lead.Leave("a");
  EXPECT_EQ(lead.Allowance("a"), 0u);
}

TEST(LeadTest, RowsWithAnOutcomeHaveArrived) {
  Lead lead(kLimits);
  lead.Join("a", 0);
  lead.Sent("a", 100, 0);
  lead.Arrived("a", 40, kSecond);
  EXPECT_EQ(lead.Allowance("a"), 40u);
  // Told in another order: what has arrived does not leave again.
  lead.Arrived("a", 10, kSecond);
  EXPECT_EQ(lead.Allowance("a"), 40u);
}

TEST(LeadTest, AResumedImportBringsWhatItHasSentAndWhatHasArrived) {
  Lead lead(kLimits);
  lead.Arrived("a", 950, 0);
  lead.Join("a", 1000);
  EXPECT_EQ(lead.Allowance("a"), 50u);
}

TEST(LeadTest, ImportsThatRunShareEqually) {
  Lead lead(kLimits);
  // One that has all its rows in the log takes no share, whatever is said of it.
  lead.Arrived("drained", 5, 0);
  lead.Join("a", 0);
  lead.Join("b", 0);
  EXPECT_EQ(lead.Allowance("a"), 50u);
  lead.Sent("a", 50, 0);
  EXPECT_EQ(lead.Allowance("a"), 0u);
  EXPECT_EQ(lead.Allowance("b"), 50u);
  lead.Leave("b");
  EXPECT_EQ(lead.Allowance("a"), 50u);
}

TEST(LeadTest, FollowsTheRecentRateBetweenItsBounds) {
  Lead lead(kLimits);
  lead.Join("a", 0);
  uint64_t rows = 0;
  const auto run = [&](uint64_t rows_a_second, int64_t seconds) {
    static int64_t now = kSecond;
    for (int64_t i = 0; i < seconds; ++i) {
      rows += rows_a_second;
      now += kSecond;
      lead.Sent("a", rows, 0);
      lead.Arrived("a", rows, now);
    }
  };
  lead.Arrived("a", 0, kSecond);
  run(500, 10);
  EXPECT_NEAR(static_cast<double>(lead.Allowance("a")), 500, 5);
  run(700, 10);
  EXPECT_NEAR(static_cast<double>(lead.Allowance("a")), 700, 5);
  run(1'000'000, 3);
  EXPECT_EQ(lead.Allowance("a"), 1000u);
  run(0, 60);
  EXPECT_EQ(lead.Allowance("a"), 100u);
}

TEST(LeadTest, LargeRowsAreHeldToTheBytes) {
  Lead lead({1.0, 100, 1000, 1 << 20});
  lead.Join("a", 0);
  EXPECT_EQ(lead.Allowance("a"), 100u);
  lead.Sent("a", 10, 10u << 16);
  // 16 such rows fill a mebibyte.
  EXPECT_EQ(lead.Allowance("a"), 6u);
  lead.Join("b", 0);
  EXPECT_EQ(lead.Allowance("a"), 0u);
  EXPECT_EQ(lead.Allowance("b"), 50u);
  lead.Leave("b");
  lead.Arrived("a", 10, 0);
  EXPECT_EQ(lead.Allowance("a"), 16u);
  // Larger than all that is allowed: one at a time.
  lead.Sent("a", 11, 100u << 20);
  EXPECT_EQ(lead.Allowance("a"), 0u);
  lead.Arrived("a", 11, 0);
  EXPECT_EQ(lead.Allowance("a"), 1u);
}

TEST(LeadTest, MomentsTooShortToMeasureAreAddedUp) {
  Lead lead(kLimits);
  lead.Join("a", 0);
  lead.Arrived("a", 0, kSecond);
  // 1 ms apart, 400 rows in the first 0.2 s.
  for (int64_t i = 1; i <= 200; ++i) {
    lead.Arrived("a", static_cast<uint64_t>(2 * i), kSecond + i * 1'000'000);
  }
  EXPECT_EQ(lead.Allowance("a"), 1000u);
}

}  // namespace
}  // namespace sluice::ingest

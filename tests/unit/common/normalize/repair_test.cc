#include "common/normalize/repair.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::normalize {
namespace {

TEST(RepairTest, NamesGoBothWays) {
  for (size_t i = 0; i < kRepairCount; ++i) {
    const auto repair = static_cast<Repair>(i);
    EXPECT_EQ(RepairByName(Name(repair)), repair);
  }
  EXPECT_EQ(Name(Repair::kWhitespaceCollapsed), "whitespace_collapsed");
  EXPECT_EQ(RepairByName("polished"), std::nullopt);
}

TEST(RepairSetTest, GivesItsRepairsInOrder) {
  RepairSet set{Repair::kUrlNormalized, Repair::kControlRemoved};
  set.Add(Repair::kTrimmed);
  std::vector<Repair> repairs;
  for (const Repair repair : set) repairs.push_back(repair);
  EXPECT_EQ(repairs, (std::vector<Repair>{Repair::kControlRemoved, Repair::kTrimmed,
                                          Repair::kUrlNormalized}));
  EXPECT_FALSE(set.Has(Repair::kWidthFolded));
  EXPECT_TRUE(RepairSet().empty());
}

}  // namespace
}  // namespace sluice::normalize

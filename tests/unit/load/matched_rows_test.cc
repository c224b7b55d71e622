#include "load/matched_rows.h"

#include <gtest/gtest.h>

namespace sluice::load {
namespace {

TEST(MatchedRowsTest, TheDigestIsThatOfTheSet) {
  const SinkRow one{1, {"a", std::nullopt}, ""};
  const SinkRow two{2, {"a", ""}, ""};
  MatchedRows forth;
  forth.Add(one, 2);
  forth.Add(two, 3);
  MatchedRows back;
  back.Add(two, 9);
  back.Add(one, 8);
  EXPECT_EQ(forth.digest(), back.digest());
  EXPECT_EQ(forth.count(), 2U);
  MatchedRows other;
  other.Add(one, 2);
  other.Add({2, {"a", std::nullopt}, ""}, 3);
  EXPECT_NE(forth.digest(), other.digest());
}

}  // namespace
}  // namespace sluice::load

#include "common/normalize/person_name.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Split(std::string_view text) {
  const PersonName name = SplitPersonName(text);
  return std::string(name.family) + "|" + std::string(name.given);
}

TEST(PersonNameTest, Chinese) {
  EXPECT_EQ(Split("张三"), "张|三");
  EXPECT_EQ(Split("李小龙"), "李|小龙");
  EXPECT_EQ(Split("欧阳娜娜"), "欧阳|娜娜");
  EXPECT_EQ(Split("諸葛亮"), "諸葛|亮");
  EXPECT_EQ(Split("欧阳"), "欧|阳") << "a surname alone is no compound one";
  EXPECT_EQ(Split("司 徒"), "司|徒") << "a blank wins";
  EXPECT_EQ(Split("王"), "王|");
}

TEST(PersonNameTest, Western) {
  EXPECT_EQ(Split("Ann Lee"), "Lee|Ann");
  EXPECT_EQ(Split("Lee, Ann Mary"), "Lee|Ann Mary");
  EXPECT_EQ(Split("Ludwig van der Berg"), "van der Berg|Ludwig");
  EXPECT_EQ(Split("Van Morrison"), "Morrison|Van") << "the first word is a given name";
  EXPECT_EQ(Split("Ann"), "|Ann");
  EXPECT_EQ(Split(" "), "|");
  EXPECT_EQ(Split(""), "|");
}

}  // namespace
}  // namespace sluice::normalize

#include "common/base/utf8.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(Utf8Test, CharactersOfEveryLengthAreWellFormed) {
  EXPECT_EQ(FindIllFormedUtf8(""), std::nullopt);
  EXPECT_EQ(FindIllFormedUtf8(std::string_view("a\0\x7f", 3)), std::nullopt);
  EXPECT_EQ(FindIllFormedUtf8("\u00e9客\U00020000\U0010ffff"), std::nullopt);
}

TEST(Utf8Test, TheFirstIllFormedPlaceIsSaid) {
  EXPECT_EQ(FindIllFormedUtf8("客\xbf\xcd"), 3);
  // Too long, a surrogate, beyond Unicode, cut off, a byte that never stands.
  for (const std::string_view ill :
       {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\xff"}) {
    EXPECT_EQ(FindIllFormedUtf8(ill), 0) << ill.size();
  }
}

}  // namespace
}  // namespace sluice::base

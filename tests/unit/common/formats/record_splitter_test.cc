#include "common/formats/record_splitter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/formats/mark_finder.h"

namespace sluice::formats {
namespace {

TEST(FindMarksTest, EqualsTheScalarScan) {
  std::mt19937 random(1);
  const std::string alphabet = "ab,\";\n\r\t|\x80\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 300, '\0');
    const size_t size = text.size();
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    text.append(64, ',');
    std::vector<uint64_t> fast((size + 63) / 64 + 1, 7);
    std::vector<uint64_t> slow = fast;
    FindMarks(text.data(), size, ',', '"', fast.data());
    FindMarksScalar(text.data(), size, ',', '"', slow.data());
    ASSERT_EQ(fast, slow);
  }
}

TEST(RecordSplitterTest, KeepsTheTextWhenMoreIsNeeded) {
  std::string text = "a,\"b\"\"";
  const size_t size = text.size();
  text.append(64, '\0');
  RecordSplitter splitter(',', '"');
  splitter.Reset(text.data(), size, false);
  EXPECT_EQ(splitter.Next(), SplitResult::kNeedMore);
  EXPECT_EQ(text.substr(0, size), "a,\"b\"\"");
  EXPECT_EQ(splitter.offset(), 0u);
}

TEST(RecordSplitterTest, ACarriageReturnAtTheEndWaitsForItsLineFeed) {
  std::string text = "a\r";
  text.append(64, '\n');
  RecordSplitter splitter(',', '"');
  splitter.Reset(text.data(), 2, false);
  EXPECT_EQ(splitter.Next(), SplitResult::kNeedMore);
  splitter.Reset(text.data(), 2, true);
  EXPECT_EQ(splitter.Next(), SplitResult::kRecord);
  EXPECT_EQ(splitter.Next(), SplitResult::kEnd);
}

TEST(SeparatorLineTest, IsKnownWithAnyLineEnd) {
  char found = 0;
  EXPECT_EQ(SeparatorLineLength("sep=;\r\na", &found), 7u);
  EXPECT_EQ(found, ';');
  EXPECT_EQ(SeparatorLineLength("SEP=\t\na", &found), 6u);
  EXPECT_EQ(found, '\t');
  EXPECT_EQ(SeparatorLineLength("\"sep=|\"\na", &found), 8u);
  EXPECT_EQ(SeparatorLineLength("sep=,,\na", &found), 0u);
  EXPECT_EQ(SeparatorLineLength("sep,a\n", &found), 0u);
  EXPECT_EQ(SeparatorLineLength("sep=,", &found), 5u);
}

TEST(IsBlankTest, KnowsEveryWhiteSpaceOfUnicode) {
  for (const char* space : {"", " ", "\t\v\f", "\u0085", "\u00a0", "\u1680", "\u2000", "\u200a",
                            "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", " \u3000 "}) {
    EXPECT_TRUE(IsBlank(std::string_view(space))) << space;
  }
  for (const char* text : {"a", "\u200b", "\u3001", "中", "\u00a1", " x"}) {
    EXPECT_FALSE(IsBlank(std::string_view(text))) << text;
  }
}

}  // namespace
}  // namespace sluice::formats

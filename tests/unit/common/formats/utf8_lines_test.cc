#include "common/formats/utf8_lines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/common/formats/reference_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

constexpr size_t kRows = 6000;

std::string ChineseRow(size_t n, const std::string& more = "") {
  return "远航电子有限公司" + std::to_string(n) + ",张伟" + more + "\r\n";
}

TEST(Utf8LinesTest, LinesOfUtf8AreReadAsWhatTheyAreWhereverReadingBegins) {
  std::mt19937 random(3);
  std::string bytes = Encode("客户名称,联系人\r\n", "gb18030");
  std::vector<std::string> texts;
  std::vector<bool> foreign;
  for (size_t n = 0; n < kRows; ++n) {
    // Now and then long ones, on either side of the limit.
    std::string more;
    while (random() % 100 == 0 && more.size() < 12000) more += std::string(random() % 3000, 'x');
    texts.push_back(ChineseRow(n, more));
    foreign.push_back(random() % 20 == 0);
    const bool utf8 = foreign.back() && texts.back().size() <= kLongestForeignLine;
    bytes += utf8 ? texts.back() : Encode(texts.back(), "gb18030");
    foreign.back() = utf8;
  }
  const SourceShape shape{.encoding = Encoding::kGb18030, .columns = {"客户名称", "联系人"}};
  StringSource source(bytes);
  auto rows = OpenRows(std::make_unique<StringSource>(bytes), shape);
  ASSERT_TRUE(rows.ok());
  RowView row;
  std::vector<Checkpoint> places;
  for (size_t n = 0; n < kRows; ++n) {
    places.push_back((*rows)->Position());
    ASSERT_TRUE(*(*rows)->Next(row)) << n;
    ASSERT_EQ(std::string(row.cells[0]) + "," + std::string(row.cells[1]) + "\r\n", texts[n]);
    ASSERT_EQ(row.foreign, foreign[n]) << n;
    ASSERT_FALSE(row.undecodable);
  }
  for (size_t n = 0; n < kRows; n += 61) {
    auto resumed = OpenRows(std::make_unique<StringSource>(bytes), shape, places[n]);
    for (size_t next = n; next < std::min(kRows, n + 200); ++next) {
      ASSERT_TRUE(*(*resumed)->Next(row));
      ASSERT_EQ(row.foreign, foreign[next]) << next << " from " << n;
    }
  }
}

TEST(Utf8LinesTest, OrdinaryTextIsNeverTakenForUtf8) {
  std::mt19937 random(5);
  // The two levels of GB2312, those that are met often more often.
  for (int i = 0; i < 300'000; ++i) {
    std::string line;
    for (size_t n = 1 + random() % 12; n > 0; --n) {
      const bool second = random() % 20 == 0;
      line += static_cast<char>(second ? 0xD8 + random() % 32 : 0xB0 + random() % 39);
      line += static_cast<char>(0xA1 + random() % 94);
    }
    line += '\n';
    const LineRange found = FindUtf8Lines(line, 0, Encoding::kGb18030);
    ASSERT_EQ(found.begin, found.end) << i;
  }
}

TEST(Utf8LinesTest, AFewCharactersAreNotEnough) {
  // Two characters of UTF-8 are three of GB18030.
  EXPECT_EQ(FindUtf8Lines("客户\n", 0, Encoding::kGb18030).begin, 7u);
  EXPECT_EQ(FindUtf8Lines("客户名\n", 0, Encoding::kGb18030).begin, 0u);
  EXPECT_EQ(FindUtf8Lines("Caf\u00e9\n", 0, Encoding::kWindows1252).begin, 6u);
  EXPECT_EQ(FindUtf8Lines("Caf\u00e9 Ol\u00e9\n", 0, Encoding::kWindows1252).begin, 0u);
}

TEST(Utf8LinesTest, ARunEndsBeforeALineOfTheFile) {
  const std::string text = "abc\n客户名称\n电话号码\n\xBF\xCD\n邮箱地址";
  const LineRange first = FindUtf8Lines(text, 0, Encoding::kGb18030);
  EXPECT_EQ(text.substr(first.begin, first.end - first.begin), "客户名称\n电话号码\n");
  const LineRange second = FindUtf8Lines(text, first.end, Encoding::kGb18030);
  EXPECT_EQ(text.substr(second.begin, second.end - second.begin), "邮箱地址");
}

TEST(Utf8LinesTest, OnlyEncodingsThatKeepAsciiTellThem) {
  for (const Encoding encoding : {Encoding::kUtf8, Encoding::kUtf16Le, Encoding::kUtf32Be,
                                  Encoding::kHz, Encoding::kIso2022Jp}) {
    EXPECT_FALSE(TellsUtf8Lines(encoding));
  }
  EXPECT_TRUE(TellsUtf8Lines(Encoding::kGb18030));
  EXPECT_TRUE(TellsUtf8Lines(Encoding::kKoi8R));
}

}  // namespace
}  // namespace sluice::formats

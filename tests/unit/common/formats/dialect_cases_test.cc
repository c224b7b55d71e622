// Files that have broken CSV readers: the cases of csv-spectrum and Papa Parse in our own words,
// and what customers send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

using Table = std::vector<std::vector<std::string>>;

struct Case {
  const char* what;
  std::string text;
  Table cells;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"comma in quotes", "a,\"b, c\",d\n", {{"a", "b, c", "d"}}},
      {"empty cells", "a,,c\n,b,\n", {{"a", "", "c"}, {"", "b", ""}}},
      {"empty quoted cells", "\"\",\"\",x\n", {{"", "", "x"}}},
      {"escaped quotes", "1,\"ha \"\"ha\"\" ha\"\n", {{"1", "ha \"ha\" ha"}}},
      {"json in a cell",
       "1,\"{\"\"t\"\": \"\"P\"\", \"\"c\"\": [1, 2]}\"\n",
       {{"1", "{\"t\": \"P\", \"c\": [1, 2]}"}}},
      {"line feed in quotes", "1,\"a\nb\"\n2,c\n", {{"1", "a\nb"}, {"2", "c"}}},
      {"CRLF in quotes", "1,\"a\r\nb\"\r\n2,c\r\n", {{"1", "a\r\nb"}, {"2", "c"}}},
      {"CR in quotes of a CR file", "1,\"a\rb\"\r2,c\r", {{"1", "a\rb"}, {"2", "c"}}},
      {"mixed line ends", "a\nb\r\nc\rd", {{"a"}, {"b"}, {"c"}, {"d"}}},
      {"no line end at the end", "a,b", {{"a", "b"}}},
      {"delimiter at the end", "a,b,", {{"a", "b", ""}}},
      {"quoted cell at the end", "a,\"b\"", {{"a", "b"}}},
      {"quotes only", "\"\"\"\"\n", {{"\""}}},
      {"two escaped quotes", "\"\"\"\"\"\"\n", {{"\"\""}}},
      {"escaped quote at the end", "\"a\"\"\",b\n", {{"a\"", "b"}}},
      {"escaped quote at the start", "\"\"\"a\",b\n", {{"\"a", "b"}}},
      {"delimiter between escaped quotes", "\"a\"\",\"\"b\",c\n", {{"a\",\"b", "c"}}},
      {"white space is kept", " a , b \n", {{" a ", " b "}}},
      {"space before a quote makes it a character", "a, \"b\",c\n", {{"a", " \"b\"", "c"}}},
      {"space after a quote is kept", "\"a\" ,b\n", {{"a ", "b"}}},
      {"quote in mid-cell", "a\"b\"c,d\n", {{"a\"b\"c", "d"}}},
      {"inches", "5\",6\",\"7\"\"\"\n", {{"5\"", "6\"", "7\""}}},
      {"unbalanced quote in mid-cell", "ab\",c\nd,e\n", {{"ab\"", "c"}, {"d", "e"}}},
      {"text after quote", "\"Smith\" John,x\n", {{"Smith John", "x"}}},
      {"quote after text after quote", "\"a\" \"b\",x\n", {{"a \"b\"", "x"}}},
      {"one column", "a\nb\n", {{"a"}, {"b"}}},
      {"unicode", "中,ğ\n😀,é\n", {{"中", "ğ"}, {"😀", "é"}}},
      {"line separators of Unicode end nothing", "a\u2028b,c\u0085d\n", {{"a\u2028b", "c\u0085d"}}},
      {"vertical tab and form feed end nothing", "a\vb\fc\n", {{"a\vb\fc"}}},
      {"NUL is a character", std::string("a\0b,c\n", 6), {{std::string("a\0b", 3), "c"}}},
      {"backslash is no escape", "\"a\\\",\"b\"\n", {{"a\\", "b"}}},
      {"long runs of delimiters", std::string(70, ',') + "x\n", {[] {
         std::vector<std::string> row(71);
         row.back() = "x";
         return row;
       }()}},
      {"a BOM inside is a character", "a,\uFEFFb\n", {{"a", "\uFEFFb"}}},
      {"Excel numbers as text", "=\"001\",=\"\"\n", {{"001", ""}}},
      {"apostrophes are characters", "'a,b'\n", {{"'a", "b'"}}},
      {"comment marks are characters", "#a\nb\n", {{"#a"}, {"b"}}},
  };
  return cases;
}

TEST(DialectCasesTest, EachCaseReadsAsMeant) {
  for (const Case& test : Cases()) {
    Table cells;
    for (OwnedRow& row : ReadAll(test.text, SourceShape{})) cells.push_back(std::move(row.cells));
    EXPECT_EQ(cells, test.cells) << test.what;
  }
}

TEST(DialectCasesTest, EachCaseReadsTheSameBehindALongRow) {
  // Puts each case across the 64-byte blocks of the scan in every way.
  for (const Case& test : Cases()) {
    for (size_t shift = 1; shift < 130; ++shift) {
      const std::string text = std::string(shift, 'x') + "\n" + test.text;
      const auto rows = ReadAll(text, SourceShape{});
      ASSERT_EQ(rows.size(), test.cells.size() + 1) << test.what;
      for (size_t i = 0; i < test.cells.size(); ++i) {
        ASSERT_EQ(rows[i + 1].cells, test.cells[i]) << test.what << " " << shift;
      }
    }
  }
}

TEST(DialectCasesTest, EveryDelimiterWorksAlike) {
  for (const char delimiter : {';', '\t', '|', ' ', ':', '^'}) {
    for (const Case& test : Cases()) {
      if (test.text.find(delimiter) != std::string::npos) continue;
      std::string text = test.text;
      for (char& c : text) c = c == ',' ? delimiter : c;
      Table cells;
      for (OwnedRow& row : ReadAll(text, SourceShape{.delimiter = delimiter})) {
        for (std::string& cell : row.cells) {
          for (char& c : cell) c = c == delimiter ? ',' : c;
        }
        cells.push_back(std::move(row.cells));
      }
      EXPECT_EQ(cells, test.cells) << test.what << " with " << delimiter;
    }
  }
}

TEST(DialectCasesTest, AnotherQuoteAndNone) {
  const auto single = ReadAll("'a,''b',\"c\n", SourceShape{.quote = '\''});
  EXPECT_EQ(single.at(0).cells, (std::vector<std::string>{"a,'b", "\"c"}));
  const auto none = ReadAll("\"a,b\"\n", SourceShape{.quote = '\0'});
  EXPECT_EQ(none.at(0).cells, (std::vector<std::string>{"\"a", "b\""}));
}

TEST(DialectCasesTest, AWideRowKeepsAllItsCells) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",";
  const auto rows = ReadAll(text + "\n", SourceShape{});
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_EQ(rows[0].cells.size(), 20001u);
  EXPECT_EQ(rows[0].cells[19999], "19999");
}

}  // namespace
}  // namespace sluice::formats

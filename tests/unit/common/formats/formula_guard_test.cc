#include "common/formats/formula_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

TEST(FormulaGuardTest, WhatASpreadsheetWouldRunIsGuarded) {
  for (const char* value :
       {"=1+1", "=\"0013\"", "@SUM(A1)", "+86 138", "-1+1", "+a", "\t=1", "\r=1", "\n=1",
        "\xef\xbc\x9d"
        "1",
        "\xef\xbc\x8b"
        "1",
        "\xef\xbc\x8d"
        "1",
        "\xef\xbc\xa0"
        "x",
        // What would read as a guarded value is guarded too.
        "'=1", "''=1", "'@x"}) {
    EXPECT_TRUE(NeedsFormulaGuard(value)) << value;
  }
  for (const char* value : {"", "'", "''", "a=1", "+8613800138000", "-5", "-0.5", "'-5", "'tis",
                            " =1", "it's =1", "12"}) {
    EXPECT_FALSE(NeedsFormulaGuard(value)) << value;
  }
}

TEST(FormulaGuardTest, EveryValueComesBackAsItWas) {
  const std::vector<std::string> parts = {"'", "=", "+", "-", "@", "1", "a", "\t", " ", "\n"};
  std::vector<std::string> values = {""};
  for (size_t from = 0, length = 1; length <= 4; ++length) {
    const size_t to = values.size();
    for (; from < to; ++from) {
      for (const std::string& part : parts) values.push_back(values[from] + part);
    }
  }
  ASSERT_GT(values.size(), 10000u);
  for (const std::string& value : values) {
    const std::string written = NeedsFormulaGuard(value) ? "'" + value : value;
    EXPECT_EQ(WithoutFormulaGuard(written), value);
    EXPECT_FALSE(written.starts_with("=") || written.starts_with("@")) << written;
  }
}

TEST(FormulaGuardTest, OnlyFilesThatSluiceWroteLoseApostrophes) {
  using Columns = std::vector<std::string>;
  EXPECT_TRUE(IsGuardedHeader(Columns{"id", "name", "custom"}));
  EXPECT_TRUE(IsGuardedHeader(
      Columns{"row", "outcome", "code", "field", "other_row", "candidates", "issues", "公司"}));
  EXPECT_FALSE(IsGuardedHeader(Columns{"row", "outcome", "公司"}));
  EXPECT_FALSE(IsGuardedHeader(Columns{"id", "name"}));
  EXPECT_FALSE(IsGuardedHeader(Columns{"id", "custom"}));
  EXPECT_FALSE(IsGuardedHeader(Columns{}));

  const std::string rows = "1,'=a,''=b\n";
  const SourceShape written{.header_row = 1, .columns = {"id", "name", "custom"}};
  EXPECT_EQ(ReadAll("id,name,custom\n" + rows, written).at(0),
            (OwnedRow{{"1", "=a", "'=b"}, 2, false, ""}));
  const SourceShape typed{.header_row = 1, .columns = {"id", "name", "note"}};
  EXPECT_EQ(ReadAll("id,name,note\n" + rows, typed).at(0),
            (OwnedRow{{"1", "'=a", "''=b"}, 2, false, ""}));
}

}  // namespace
}  // namespace sluice::formats

// Formats, as Excel shows them.
#include "common/spreadsheet/number_format.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::spreadsheet {
namespace {

struct Case {
  std::string_view code;
  double value;
  std::string_view shown;
};

std::string Shown(std::string_view code, double value, Epoch epoch = Epoch::k1900) {
  std::string out;
  NumberFormat(code).AppendNumber(value, epoch, out);
  return out;
}

class NumberFormatTest : public testing::TestWithParam<Case> {};

TEST_P(NumberFormatTest, ShowsWhatExcelShows) {
  EXPECT_EQ(Shown(GetParam().code, GetParam().value), GetParam().shown)
      << GetParam().code << " of " << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(
    General, NumberFormatTest,
    testing::Values(Case{"General", 0, "0"}, Case{"General", 13800138000, "13800138000"},
                    Case{"General", 123456789012, "1.23457E+11"}, Case{"General", 1e11, "1E+11"},
                    Case{"General", 99999999999.5, "1E+11"}, Case{"General", 0.1 + 0.2, "0.3"},
                    Case{"General", 1.0 / 3, "0.333333333"}, Case{"General", -1.5, "-1.5"},
                    Case{"General", 12345678.123456, "12345678.12"},
                    Case{"General", 0.0001, "0.0001"}, Case{"General", 0.00001, "0.00001"},
                    Case{"General", 0.0000123456, "1.23456E-05"}, Case{"General", 1e21, "1E+21"},
                    Case{"", 5, "5"}, Case{"General\" kg\"", 5.5, "5.5 kg"}, Case{"@", 12, "12"}));

INSTANTIATE_TEST_SUITE_P(
    Digits, NumberFormatTest,
    testing::Values(Case{"000000", 123, "000123"}, Case{"0", 2.5, "3"}, Case{"0", -2.5, "-3"},
                    Case{"0.00", 1.005, "1.01"}, Case{"0.00", 0, "0.00"}, Case{"#", 0, ""},
                    Case{"#.##", 1.5, "1.5"}, Case{"0.0#", 1, "1.0"}, Case{".00", 12.5, "12.50"},
                    Case{"#,##0", 1234567, "1,234,567"}, Case{"#,##0.00", 999.995, "1,000.00"},
                    Case{"0,000", 5, "0,005"}, Case{"0,", 1234567, "1235"},
                    Case{"0.0,,", 1234567, "1.2"}, Case{"?0.?", 1, " 1. "},
                    Case{"0%", 0.256, "26%"}, Case{"0.0%", 0.256, "25.6%"},
                    Case{"000-0000-0000", 13800138000, "138-0013-8000"},
                    Case{"(###) ###-####", 6502530000, "(650) 253-0000"}, Case{"\"A\"00", 7, "A07"},
                    Case{"[Red]0", 3, "3"}, Case{"[$¥-804]0.00", 3, "¥3.00"},
                    Case{"_(0_)", 3, " 3 "}, Case{"* 0", 3, "3"}, Case{"0\\!", 3, "3!"}));

INSTANTIATE_TEST_SUITE_P(
    SectionsAndPowers, NumberFormatTest,
    testing::Values(Case{"0;(0)", -3, "(3)"}, Case{"0;-0;\"nil\"", 0, "nil"}, Case{"0;;", -3, ""},
                    Case{"[<-25]General;[>25]General;General", -50, "50"},
                    Case{"[>=100]\"big\";0", 5, "5"}, Case{"[>=100]\"big\";0", 100, "big"},
                    Case{"0;@", -3, "-3"}, Case{"0.00E+00", 12345, "1.23E+04"},
                    Case{"0.00E+00", 0, "0.00E+00"}, Case{"0.0E-0", 0.00012, "1.2E-4"},
                    Case{"##0.0E+0", 12345, "12.3E+3"}, Case{"0E+00", 9.9, "1E+01"},
                    Case{"# ?/?", 1.5, "1 1/2"}, Case{"# ?\?/?\?", 3.14, "3  7/50"},
                    Case{"# ?/8", 0.25, " 2/8"}, Case{"# ?/?", 2, "2    "},
                    Case{"# ?/10", 12345.6789, "12345 7/10"}, Case{"# ?/10", 0.75, " 8/10"},
                    Case{"# ?\?/100", 12.3, "12 30/100"}, Case{"# ?\?/50", 12.3, "12 15/50"},
                    Case{"?/10", 12.3, "123/10"}, Case{"# ?\?/16", 0.5, "  8/16"}));

INSTANTIATE_TEST_SUITE_P(
    Dates, NumberFormatTest,
    testing::Values(Case{"yyyy-mm-dd", 45296, "2024-01-05"}, Case{"m/d/yy", 45296, "1/5/24"},
                    Case{"yyyy\"年\"m\"月\"d\"日\"", 45296, "2024年1月5日"},
                    Case{"yyyy年m月d日", 45296, "2024年1月5日"},
                    Case{"[$-804]aaaa", 45296, "星期五"}, Case{"ddd d mmm", 45296, "Fri 5 Jan"},
                    Case{"mmmm", 45296, "January"}, Case{"mmmmm", 45296, "J"},
                    Case{"h:mm", 0.5, "12:00"}, Case{"h:mm AM/PM", 0.5, "12:00 PM"},
                    Case{"h:mm AM/PM", 0.0, "12:00 AM"},
                    Case{"上午/下午h\"时\"mm\"分\"", 0.75, "下午6时00分"},
                    Case{"hh:mm:ss", 0.999999, "00:00:00"}, Case{"mm:ss.0", 0.000011, "00:01.0"},
                    Case{"[h]:mm", 1.5, "36:00"}, Case{"[mm]:ss", 0.1, "144:00"},
                    Case{"[h]:mm", -0.5, "-12:00"},
                    Case{"yyyy-mm-dd hh:mm:ss.000", 45296.5000014, "2024-01-05 12:00:00.121"},
                    Case{"yyyy-mm-dd", 60, "1900-02-29"}, Case{"yyyy-mm-dd", 59, "1900-02-28"},
                    Case{"yyyy-mm-dd", 61, "1900-03-01"}, Case{"m/d/yyyy", 0, "1/0/1900"},
                    Case{"yyyy-mm-dd", -1, "-1"}, Case{"yyyy-mm-dd", 2958465, "9999-12-31"},
                    Case{"yyyy-mm-dd", 2958466, "2958466"}, Case{"e-m-d", 45296, "2024-1-5"}));

TEST(NumberFormatKindTest, FollowsTheTokens) {
  const auto kind = [](std::string_view code, double value) {
    return NumberFormat(code).KindOf(value);
  };
  EXPECT_EQ(kind("yyyy-mm-dd", 1), FormatKind::kDate);
  EXPECT_EQ(kind("h:mm", 0.5), FormatKind::kTime);
  EXPECT_EQ(kind("h:mm", 1.5), FormatKind::kDate);
  EXPECT_EQ(kind("[h]:mm", 1.5), FormatKind::kDuration);
  EXPECT_EQ(kind("yyyy-mm-dd", -1), FormatKind::kNumber);
  EXPECT_EQ(kind("[Red]0.00", 1), FormatKind::kNumber);
  EXPECT_EQ(kind("0 \"days\"", 1), FormatKind::kNumber);
  EXPECT_EQ(kind("[$-409]d-mmm-yy;@", 1), FormatKind::kDate);
  EXPECT_EQ(kind("0.00E+00", 1), FormatKind::kNumber);
  EXPECT_EQ(kind("General", 1), FormatKind::kNumber);
}

TEST(NumberFormatTextTest, TextsHaveTheirOwnSection) {
  const auto text = [](std::string_view code) {
    std::string out;
    NumberFormat(code).AppendText("x", out);
    return out;
  };
  EXPECT_EQ(text("0"), "x");
  EXPECT_EQ(text("@"), "x");
  EXPECT_EQ(text("\"<\"@\">\""), "<x>");
  EXPECT_EQ(text("0;0;0;\"t \"@"), "t x");
  EXPECT_EQ(text(";;;"), "");
}

TEST(NumberFormatEpochTest, DaysCountFrom1904) {
  EXPECT_EQ(Shown("yyyy-mm-dd", 0, Epoch::k1904), "1904-01-01");
  EXPECT_EQ(Shown("yyyy-mm-dd", 60, Epoch::k1904), "1904-03-01");
}

TEST(BuiltinFormatTest, NumbersThatDifferByLanguageHaveTheirChineseMeaning) {
  EXPECT_EQ(BuiltinFormat(31), "yyyy\"年\"m\"月\"d\"日\"");
  EXPECT_EQ(BuiltinFormat(57), "yyyy\"年\"m\"月\"");
  EXPECT_EQ(BuiltinFormat(23), "");
}

TEST(NumberFormatTest, AnyTextIsAFormat) {
  for (const std::string_view code :
       {"[", "\\", "\"", "_", "*", "[h", "0/", "/0", "E+", "0E+", ";;;;;;", "[$-", "[$", "y[",
        "ss.0000000000", "0..0", "%%%0", ",,,0"}) {
    for (const double value : {0.0, 1.5, -1e300, 1e300, 1e-300}) Shown(code, value);
  }
}

}  // namespace
}  // namespace sluice::spreadsheet

// The small rules of the formats; whole files are tests/e2e/cells_test.py's.
#include <gtest/gtest.h>

#include <string>

#include "common/spreadsheet/decimal_digits.h"
#include "common/spreadsheet/iso_date.h"
#include "common/spreadsheet/row_builder.h"
#include "common/spreadsheet/xlsx_sheet.h"
#include "common/spreadsheet/xlsx_strings.h"

namespace sluice::spreadsheet {
namespace {

TEST(CellNameTest, LettersAreColumnsAndDigitsRows) {
  uint32_t column = 0;
  uint32_t row = 0;
  ASSERT_TRUE(ParseCellName("A1", column, row));
  EXPECT_EQ(column, 0u);
  EXPECT_EQ(row, 0u);
  ASSERT_TRUE(ParseCellName("XFD1048576", column, row));
  EXPECT_EQ(column, 16383u);
  EXPECT_EQ(row, 1048575u);
  ASSERT_TRUE(ParseCellName("bc12", column, row));
  EXPECT_EQ(column, 54u);
  for (const std::string_view none : {"", "A", "1", "A0", "A1B", "$A$1", "A9999999999"}) {
    EXPECT_FALSE(ParseCellName(none, column, row)) << none;
  }
}

TEST(UnescapeTest, OnlyWholeEscapesCount) {
  const auto plain = [](std::string_view text) {
    std::string out;
    AppendUnescaped(text, out);
    return out;
  };
  EXPECT_EQ(plain("a_x000D_b"), "a\rb");
  EXPECT_EQ(plain("_x005F_x000D_"), "_x000D_");
  EXPECT_EQ(plain("_x4E2D_"), "中");
  EXPECT_EQ(plain("_xD83D__xDE00_"), "😀");
  EXPECT_EQ(plain("_xD83D_"), "\uFFFD");
  EXPECT_EQ(plain("_x00_ _x _xZZZZ_ _x000"), "_x00_ _x _xZZZZ_ _x000");
}

TEST(IsoDateTest, TakesWhatFilesWrite) {
  DateTime date;
  CellType type = CellType::kString;
  std::string out;
  ASSERT_TRUE(ParseIsoDate("2024-01-05T13:30:00.25Z", date, type));
  AppendDate(date, out);
  EXPECT_EQ(out, "2024-01-05T13:30:00.250");
  ASSERT_TRUE(ParseIsoDate("09:05:01", date, type));
  EXPECT_EQ(type, CellType::kTime);
  for (const std::string_view none :
       {"", "2024-02-30", "2024-13-01", "2024-1", "24:00", "x", "2024-01-05Tx", "2024-01-05 1:"}) {
    EXPECT_FALSE(ParseIsoDate(none, date, type)) << none;
  }
  EXPECT_EQ(ParseIsoDuration("PT30H05M01.5S"), 108301.5);
  EXPECT_EQ(ParseIsoDuration("-P1DT1S"), -86401.0);
  EXPECT_FALSE(ParseIsoDuration("P").has_value());
  EXPECT_FALSE(ParseIsoDuration("PT5").has_value());
}

TEST(SerialDateTest, GoesThereAndBack) {
  for (const Epoch epoch : {Epoch::k1900, Epoch::k1904}) {
    for (int serial = 1; serial < 2'950'000; serial += 13) {
      if (epoch == Epoch::k1900 && serial == 60) continue;
      const auto date = FromSerial(serial + 0.25, epoch);
      ASSERT_TRUE(date.has_value());
      EXPECT_EQ(ToSerial(*date, CellType::kDate, epoch), serial + 0.25) << serial;
    }
  }
  EXPECT_EQ(FromSerial(45296, Epoch::k1900)->weekday, 5);
  EXPECT_EQ(FromSerial(45296 - 1462, Epoch::k1904)->weekday, 5);
  EXPECT_FALSE(FromSerial(-0.1, Epoch::k1900).has_value());
  EXPECT_FALSE(FromSerial(2958466, Epoch::k1900).has_value());
}

TEST(DecimalDigitsTest, ShortestAndPlain) {
  const auto shortest = [](double value) {
    std::string out;
    AppendShortest(value, out);
    return out;
  };
  const auto plain = [](double value) {
    std::string out;
    AppendPlain(value, out);
    return out;
  };
  EXPECT_EQ(shortest(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(plain(0.1 + 0.2), "0.3");
  EXPECT_EQ(shortest(13800138000), "13800138000");
  EXPECT_EQ(plain(12345678901234567890.0), "12345678901234600000");
  EXPECT_EQ(plain(-0.00001), "-0.00001");
  EXPECT_EQ(plain(1e300), "1e+300");
  EXPECT_EQ(plain(0), "0");
}

// A short cut must give what the long way gives.
TEST(RowBuilderTest, PlainNumbersEqualTheLongWay) {
  FormatTable formats;
  formats.AddStyle(0);
  RowBuilder builder(formats, Epoch::k1900);
  for (const std::string_view raw :
       {"0",           "1",   "12345678901",  "123456789012", "0.1",          "0.001", "0.0001",
        "1.50",        "01",  "1.",           "99999.99999",  "99999.999999", "-5",    "+5",
        "1e3",         " 7 ", "12.345678901", "0.00012345",   "1234567.8901", ".5",    "00.5",
        "10000000000", "-0"}) {
    builder.Clear();
    builder.AddNumber(0, raw, 0);
    const Cell quick = builder.Finish()[0];
    const std::string value(quick.value);
    const std::string text(quick.text);
    builder.Clear();
    builder.AddDouble(0, std::stod(std::string(raw)), 0);
    EXPECT_EQ(value, builder.Finish()[0].value) << raw;
    EXPECT_EQ(text, builder.Finish()[0].text) << raw;
  }
}

TEST(RowBuilderTest, CellsComeInOrderAndTheLastOfAPlaceCounts) {
  const FormatTable formats;
  RowBuilder builder(formats, Epoch::k1900);
  builder.AddString(3, "d", 0);
  builder.AddString(1, "b", 0);
  builder.AddString(3, "D", 0);
  builder.AddString(0, "", 0);
  const auto cells = builder.Finish();
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[0].value, "b");
  EXPECT_EQ(cells[1].value, "D");
}

}  // namespace
}  // namespace sluice::spreadsheet

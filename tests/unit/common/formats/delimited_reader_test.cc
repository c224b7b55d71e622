#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Row = std::vector<std::string>;

TEST(DelimitedReaderTest, ReadsRowsAfterTheHeader) {
  const SourceShape shape{.header_row = 1, .columns = {"a", "b"}};
  const auto rows = ReadAll("a,b\r\n1,2\r\n3,4", shape);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (OwnedRow{{"1", "2"}, 2, false, ""}));
  EXPECT_EQ(rows[1], (OwnedRow{{"3", "4"}, 3, false, ""}));
}

TEST(DelimitedReaderTest, AnyLineEndEndsARow) {
  for (const char* text :
       {"a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\rc,d", "a,b\nc,d\r"}) {
    EXPECT_THAT(Cells(text), ElementsAre(Row{"a", "b"}, Row{"c", "d"})) << text;
  }
}

TEST(DelimitedReaderTest, QuotedCellsHoldDelimitersLineEndsAndQuotes) {
  EXPECT_THAT(Cells("\"a,b\",\"c\r\nd\",\"e\"\"f\"\n"), ElementsAre(Row{"a,b", "c\r\nd", "e\"f"}));
  EXPECT_THAT(Cells("\"\",\"\"\"\",x\n"), ElementsAre(Row{"", "\"", "x"}));
}

TEST(DelimitedReaderTest, AQuoteInsideAnUnquotedCellIsItself) {
  EXPECT_THAT(Cells("a\"b,c\n5\" pipe,\"x\"\n"),
              ElementsAre(Row{"a\"b", "c"}, Row{"5\" pipe", "x"}));
}

TEST(DelimitedReaderTest, TextAfterAClosingQuoteIsAppended) {
  EXPECT_THAT(Cells("\"a\"b,c\n"), ElementsAre(Row{"ab", "c"}));
  EXPECT_THAT(Cells("\"a\"\"b\"c\"d\",e\n"), ElementsAre(Row{"a\"bc\"d\"", "e"}));
}

TEST(DelimitedReaderTest, ExcelTextFormulasAreUnwrapped) {
  EXPECT_THAT(Cells("=\"0013\",\"=\"\"0014\"\"\",=\"a\"\"b\"\n"),
              ElementsAre(Row{"0013", "0014", "a\"b"}));
  EXPECT_THAT(Cells("=\"a\"&\"b\",=1+1\n"), ElementsAre(Row{"=\"a\"&\"b\"", "=1+1"}));
}

TEST(DelimitedReaderTest, TheSeparatorLineOfExcelIsNoRow) {
  const SourceShape shape{.delimiter = ';', .header_row = 1};
  const auto rows = ReadAll("sep=;\r\na;b\r\n1;2\r\n", shape);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0], (OwnedRow{{"1", "2"}, 2, false, ""}));
}

TEST(DelimitedReaderTest, RowsWithoutANonBlankCellAreCountedAndSteppedOver) {
  const auto rows = ReadAll("\n,,\n \t,\"\"\n\u3000,\u00a0\nx\n\n", SourceShape{});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0], (OwnedRow{{"x"}, 5, false, ""}));
}

TEST(DelimitedReaderTest, RaggedRowsKeepTheirCells) {
  EXPECT_THAT(Cells("a\nb,c,d\n,\ne,\n"), ElementsAre(Row{"a"}, Row{"b", "c", "d"}, Row{"e", ""}));
}

TEST(DelimitedReaderTest, AnUnterminatedQuoteCostsOneLineOnly) {
  const auto rows = ReadAll("a,b\n\"c,d\ne,\"\"\nf,g\n", SourceShape{});
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1], (OwnedRow{{"\"c", "d"}, 2, false, "unterminated_quote"}));
  EXPECT_EQ(rows[2], (OwnedRow{{"e", ""}, 3, false, ""}));
  EXPECT_EQ(rows[3], (OwnedRow{{"f", "g"}, 4, false, ""}));
}

TEST(DelimitedReaderTest, AnUnterminatedQuoteInALargeFileCostsOneLineOnly) {
  std::string text = "\"open,1\n";
  for (int i = 0; i < 200000; ++i) text += "row,2\n";
  const auto rows = ReadAll(text, SourceShape{}, {}, {.row_bytes = 1000});
  ASSERT_EQ(rows.size(), 200001u);
  EXPECT_EQ(rows[0].problem, "unterminated_quote");
  EXPECT_EQ(rows[1], (OwnedRow{{"row", "2"}, 2, false, ""}));
}

TEST(DelimitedReaderTest, ARowIsTooLargeAboveTheLimitAndReadingGoesOn) {
  const RowLimits limits{.row_bytes = 10};
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto rows =
        ReadAll("0123456789" + end + "0123456789x" + end + "a" + end, SourceShape{}, {}, limits);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0], (OwnedRow{{"0123456789"}, 1, false, ""}));
    EXPECT_EQ(rows[1], (OwnedRow{{}, 2, false, "row_too_large"}));
    EXPECT_EQ(rows[2], (OwnedRow{{"a"}, 3, false, ""}));
  }
}

TEST(DelimitedReaderTest, ARowLargerThanTheWindowIsOneRow) {
  std::string large = "\"";
  for (int i = 0; i < 300000; ++i) large += "line of a note\n";
  const auto rows = ReadAll("a\n" + large + "\",x\nb\n", SourceShape{});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1], (OwnedRow{{}, 2, false, "row_too_large"}));
  EXPECT_EQ(rows[2], (OwnedRow{{"b"}, 3, false, ""}));
}

TEST(DelimitedReaderTest, WrongBytesBecomeReplacementCharactersAndAreTold) {
  const auto rows = ReadAll("a,\xFF\xE4\xB8\nb,\xEF\xBF\xBD\nc,\xE4\xB8\xAD\n", SourceShape{});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], (OwnedRow{{"a", "\uFFFD\uFFFD"}, 1, true, ""}));
  EXPECT_EQ(rows[1], (OwnedRow{{"b", "\uFFFD"}, 2, false, ""}));
  EXPECT_EQ(rows[2], (OwnedRow{{"c", "中"}, 3, false, ""}));
}

TEST(DelimitedReaderTest, APositionLeadsToTheRowAfterTheLastOneGiven) {
  const SourceShape shape{.header_row = 1};
  const std::string text = "h1,h2\n\na,b\n\n\"c\nd\",e\nf,g";
  std::vector<Checkpoint> positions;
  const auto straight = ReadAll(text, shape, {}, {}, 3, &positions);
  ASSERT_EQ(straight.size(), 3u);
  for (size_t i = 0; i < positions.size(); ++i) {
    const auto resumed = ReadAll(text, shape, positions[i]);
    EXPECT_EQ(resumed,
              std::vector<OwnedRow>(straight.begin() + static_cast<long>(i), straight.end()));
  }
}

TEST(DelimitedReaderTest, AnEmptyFileHasNoRows) {
  EXPECT_THAT(ReadAll("", SourceShape{}), IsEmpty());
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF", SourceShape{.bom = true}), IsEmpty());
}

TEST(OpenRowsTest, RefusesADialectThatCannotBe) {
  for (const char delimiter : {'\n', '\r', '"', '\0', '\x80'}) {
    EXPECT_FALSE(OpenRows(std::make_unique<StringSource>("a"), {.delimiter = delimiter}).ok());
  }
  EXPECT_FALSE(
      OpenRows(std::make_unique<StringSource>("a"), {}, {.source_offset = 2, .row = 1}).ok());
}

}  // namespace
}  // namespace sluice::formats

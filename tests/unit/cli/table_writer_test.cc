#include "cli/table_writer.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "common/formats/open_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::cli {
namespace {

std::string Cell(std::string_view value) {
  std::string out;
  AppendCsvCell(value, out);
  return out;
}

// What goes to stdout while `write` runs.
template <typename Write>
std::string Written(const Write& write) {
  ::testing::internal::CaptureStdout();
  write();
  std::fflush(stdout);
  return ::testing::internal::GetCapturedStdout();
}

TEST(TableWriterTest, CellsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(Cell("a b"), "a b");
  EXPECT_EQ(Cell(""), "");
  EXPECT_EQ(Cell("a,b"), "\"a,b\"");
  EXPECT_EQ(Cell("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(Cell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(Cell("a\rb"), "\"a\rb\"");
}

TEST(TableWriterTest, NoCellIsAFormula) {
  EXPECT_EQ(Cell("=1+1"), "\"'=1+1\"");
  EXPECT_EQ(Cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
  EXPECT_EQ(Cell("@a"), "\"'@a\"");
  EXPECT_EQ(Cell("-a"), "\"'-a\"");
  EXPECT_EQ(Cell("+86 138"), "\"'+86 138\"");
  EXPECT_EQ(Cell("\t=a"), "\"'\t=a\"");
  EXPECT_EQ(Cell("+8613800138000"), "+8613800138000");
  EXPECT_EQ(Cell("-12.5"), "-12.5");
}

TEST(TableWriterTest, AnApostropheOfTheValueItselfIsToldFromTheGuard) {
  EXPECT_EQ(Cell("'=1"), "\"''=1\"");
  EXPECT_EQ(Cell("'tis"), "'tis");
}

TEST(TableWriterTest, CsvHasAByteOrderMarkAndCrlf) {
  const std::string csv = Written([] {
    TableWriter writer(TableFormat::kCsv, {{"id", true}, {"=a"}});
    writer.Write({"1", "x"});
    writer.Write({"2", std::nullopt});
  });
  EXPECT_EQ(csv, "\xef\xbb\xbfid,\"'=a\"\r\n1,x\r\n2,\r\n");
}

TEST(TableWriterTest, JsonLinesHaveTextNumbersAndNull) {
  const std::string lines = Written([] {
    TableWriter writer(TableFormat::kJsonLines, {{"id", true}, {"name"}});
    writer.Write({"1", "a\"=b\n"});
    writer.Write({"2", std::nullopt});
  });
  EXPECT_EQ(lines, "{\"id\":1,\"name\":\"a\\\"=b\\n\"}\n{\"id\":2,\"name\":null}\n");
}

TEST(TableWriterTest, WhatIsWrittenIsReadAgainAsItWas) {
  const std::vector<std::string> values = {"=1", "'=1", "''=1", "'",      "'a", "=\"0013\"",
                                           "-a", "+1",  "\t",   "a\r\nb", "\"", "'\"",
                                           ",",  "@",   "＝1",  "x"};
  const std::string csv = Written([&] {
    TableWriter writer(TableFormat::kCsv, {{"id", true}, {"name"}, {"custom"}});
    for (const std::string& value : values) writer.Write({"1", value, "{}"});
  });
  formats::SourceShape shape{.header_row = 1, .columns = {"id", "name", "custom"}};
  shape.bom = true;
  const auto rows = formats::ReadAll(csv, shape);
  ASSERT_EQ(rows.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(rows[i].cells[1], values[i]);
}

}  // namespace
}  // namespace sluice::cli

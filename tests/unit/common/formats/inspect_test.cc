#include "common/formats/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/status.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SourceShape Shape(const std::string& bytes, const InspectOptions& options = {},
                  std::string_view name = "customers.csv") {
  StringSource source(bytes);
  auto shape = Inspect(source, name, options);
  EXPECT_TRUE(shape.ok()) << shape.status();
  return shape.ok() ? *shape : SourceShape{};
}

std::string Refusal(const std::string& bytes, std::string_view name = "customers.csv") {
  StringSource source(bytes);
  auto shape = Inspect(source, name);
  if (shape.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(shape.status()));
  return std::string(base::Message(shape.status()));
}

constexpr char kChinese[] =
    "客户名称,联系人,联系电话,邮箱地址\r\n上海云帆科技有限公司,张伟,13800138000,zw@example.com\r\n";

TEST(InspectTest, FindsTheShapeOfAPlainFile) {
  const SourceShape shape = Shape(kChinese);
  EXPECT_EQ(shape.format, Format::kDelimited);
  EXPECT_EQ(shape.encoding, Encoding::kUtf8);
  EXPECT_EQ(shape.delimiter, ',');
  EXPECT_EQ(shape.header_row, 1u);
  EXPECT_THAT(shape.columns, ElementsAre("客户名称", "联系人", "联系电话", "邮箱地址"));
  ASSERT_EQ(shape.sample_rows.size(), 1u);
  EXPECT_EQ(shape.sample_rows[0][1], "张伟");
  EXPECT_EQ(shape.size_bytes, sizeof(kChinese) - 1);
}

TEST(InspectTest, SaysHowSureItIsAndWhy) {
  EXPECT_EQ(Shape(kChinese).encoding_finding.certainty, Certainty::kSure);
  const SourceShape bom = Shape(std::string("\xEF\xBB\xBF") + kChinese);
  EXPECT_THAT(bom.encoding_finding.english, HasSubstr("byte order mark"));
  // Four bytes that are not ASCII may be of many encodings.
  const SourceShape few = Shape(Encode("name,phone\n\u4E2D\u6587,1\n", "gb18030"));
  EXPECT_NE(few.encoding_finding.certainty, Certainty::kSure);
  EXPECT_EQ(Shape("a,b\nc,d\n", {.encoding = Encoding::kUtf8}).encoding_finding.english,
            "as given");
  EXPECT_EQ(Shape(kChinese).delimiter_finding.certainty, Certainty::kSure);
  EXPECT_THAT(Shape(kChinese).delimiter_finding.english, HasSubstr("2 of 2 rows have 4 cells"));
  EXPECT_EQ(Shape("name,phone\na\nb\nc,1\nd\n").delimiter_finding.certainty, Certainty::kUnsure);
  EXPECT_EQ(Shape(kChinese).header_finding.certainty, Certainty::kSure);
}

TEST(InspectTest, ReadsNoMoreThanItMay) {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "{\"a\":1}\n";
  lines += "{\"late\":1}\n";
  const SourceShape whole = Shape(lines);
  EXPECT_THAT(whole.columns, ElementsAre("a", "late"));
  EXPECT_FALSE(whole.cut);
  const SourceShape part = Shape(lines, {.read_bytes_max = 10'000});
  EXPECT_THAT(part.columns, ElementsAre("a"));
  EXPECT_TRUE(part.cut);
  // The first byte that is not ASCII lies between the stretches that are looked at.
  std::string text = "name,phone\n";
  while (text.size() < 600'000) text += "abc,12345\n";
  text += "\u4E2D,1\n";
  while (text.size() < 2'000'000) text += "abc,12345\n";
  EXPECT_EQ(Shape(text).encoding_finding.certainty, Certainty::kSure);
  const SourceShape looked = Shape(text, {.read_bytes_max = 300'000});
  EXPECT_EQ(looked.encoding_finding.certainty, Certainty::kLikely);
}

TEST(InspectTest, GivesAsManyRowsAsAreAskedFor) {
  std::string text = "name,phone\n";
  for (int i = 0; i < 1000; ++i) text += "abc,12345\n";
  EXPECT_EQ(Shape(text).sample_rows.size(), 5u);
  EXPECT_EQ(Shape(text, {.sample_rows = 200}).sample_rows.size(), 200u);
  EXPECT_LT(Shape(text, {.sample_rows = 200, .sample_bytes = 1000}).sample_rows.size(), 20u);
}

TEST(InspectTest, FindsEveryEncodingOfAShortChineseFile) {
  EXPECT_EQ(Shape(Encode(kChinese, "gb18030")).encoding, Encoding::kGb18030);
  EXPECT_EQ(Shape(ToUtf16(kChinese, false)).encoding, Encoding::kUtf16Le);
  EXPECT_EQ(Shape(ToUtf16(kChinese, true)).encoding, Encoding::kUtf16Be);
  const SourceShape bom = Shape(std::string("\xEF\xBB\xBF") + kChinese);
  EXPECT_TRUE(bom.bom);
  EXPECT_EQ(bom.columns[0], "客户名称");
  const SourceShape utf16 = Shape("\xFF\xFE" + ToUtf16(kChinese, false));
  EXPECT_TRUE(utf16.bom);
  EXPECT_EQ(utf16.columns[0], "客户名称");
}

TEST(InspectTest, FindsTheOtherEncodings) {
  EXPECT_EQ(Shape(Encode("客戶名稱,電話\n臺北貿易股份有限公司,0223456789\n", "windows-950-2000"))
                .encoding,
            Encoding::kBig5);
  EXPECT_EQ(
      Shape(Encode("会社名,電話番号\n株式会社トヨタ,0312345678\n", "ibm-943_P15A-2003")).encoding,
      Encoding::kShiftJis);
  EXPECT_EQ(
      Shape(Encode("회사명,전화번호\n주식회사 한국전자,0212345678\n", "windows-949-2000")).encoding,
      Encoding::kEucKr);
  EXPECT_EQ(Shape(Encode("name,city\nJosé Núñez,Málaga\nZoë Müller,Köln\n", "ibm-5348_P100-1997"))
                .encoding,
            Encoding::kWindows1252);
}

TEST(InspectTest, FindsTheDelimiterByTheRegularityOfTheCells) {
  EXPECT_EQ(Shape("name;price;note\na;1,5;x\nb;2,25;y\n").delimiter, ';');
  EXPECT_EQ(Shape("name\taddress\na\tx, y, z\nb\tq, r\n").delimiter, '\t');
  EXPECT_EQ(Shape("name|address\na|x, y, z\nb|q, r, s\n").delimiter, '|');
  EXPECT_EQ(Shape("\"a;b\",\"c;d\"\n\"e;f\",\"g;h\"\n").delimiter, ',');
  EXPECT_EQ(Shape("sep=;\nname;x\n1;2\n").delimiter, ';');
}

TEST(InspectTest, StepsOverTitleLinesAboveTheHeader) {
  const SourceShape shape =
      Shape("2024年客户名单\n\n客户名称,电话,邮箱\n甲,13800138000,a@b.cn\n乙,13900139000,c@d.cn\n");
  EXPECT_EQ(shape.header_row, 3u);
  EXPECT_EQ(shape.sample_rows.size(), 2u);
}

TEST(InspectTest, AFileOfDataAloneHasNoHeader) {
  const SourceShape shape = Shape("张三,13800138000,a@b.cn\n李四,13900139000,c@d.cn\n");
  EXPECT_EQ(shape.header_row, 0u);
  EXPECT_THAT(shape.columns, ElementsAre("column_1", "column_2", "column_3"));
  EXPECT_EQ(shape.sample_rows.size(), 2u);
}

TEST(InspectTest, ColumnNamesAreDistinctAndNeverBlank) {
  const SourceShape shape = Shape(" name ,,name,phone,name_2\na,b,c,1,d\n");
  EXPECT_THAT(shape.columns, ElementsAre("name", "column_2", "name_3", "phone", "name_2"));
}

TEST(InspectTest, ANameOfTheFileIsNeverGivenToAnotherColumn) {
  const SourceShape shape = Shape("column_2,,name,phone,email\na,b,c,1,d@e.cn\n");
  EXPECT_THAT(shape.columns, ElementsAre("column_2", "column_2_2", "name", "phone", "email"));
}

TEST(InspectTest, AFileThatSluiceWroteLosesItsApostrophesInTheHeaderToo) {
  const SourceShape shape = Shape("id,name,'=phone,custom\n1,'=a,''=b,\n");
  EXPECT_THAT(shape.columns, ElementsAre("id", "name", "=phone", "custom"));
  ASSERT_EQ(shape.sample_rows.size(), 1u);
  EXPECT_THAT(shape.sample_rows[0], ElementsAre("1", "=a", "'=b", ""));
}

TEST(InspectTest, TakesWhatAPersonKnowsBetter) {
  const SourceShape shape = Shape("a,b\nc,d\ne;f,g\n", {.delimiter = ';', .header_row = 3});
  EXPECT_EQ(shape.delimiter, ';');
  EXPECT_EQ(shape.header_row, 3u);
  EXPECT_THAT(shape.columns, ElementsAre("e", "f,g"));
  EXPECT_EQ(Shape("a,b\nc,d\n", {.header_row = 0}).header_row, 0u);
  EXPECT_EQ(Shape("\xD6\xD0\n", {.encoding = Encoding::kBig5}).encoding, Encoding::kBig5);
}

TEST(InspectTest, CollectsTheKeysOfAllObjects) {
  const SourceShape shape = Shape(
      "{\"name\":\"a\",\"x\":{\"y\":1}}\n\nbad\n{\"phone\":\"1\",\"name\":\"b\"}\n", {}, "f.jsonl");
  EXPECT_EQ(shape.format, Format::kNdjson);
  EXPECT_THAT(shape.columns, ElementsAre("name", "x.y", "phone"));
  EXPECT_EQ(shape.sample_rows.size(), 2u);
}

TEST(InspectTest, LinesThatAreNoJsonDoNotUnmakeNdjson) {
  const std::string good = "{\"name\":\"a\"}\n";
  const std::string lone = "{\"name\":\"\\ud83da\"}\n";
  EXPECT_EQ(Shape(good + "bad\n[1]\n" + lone, {}, "f.json").format, Format::kNdjson);
  EXPECT_THAT(Refusal(lone, "f.json"), HasSubstr("none of its lines is a JSON object"));
  // The name says so.
  const SourceShape shape = Shape("bad\nworse\n[1]\nlog\n" + good, {}, "f.ndjson");
  EXPECT_EQ(shape.format, Format::kNdjson);
  EXPECT_THAT(shape.columns, ElementsAre("name"));
  // A document of several lines, and braces that are no object.
  EXPECT_THAT(Refusal("{\n\"rows\": [\n{\"a\":1}\n]\n}\n", "f.jsonl"),
              HasSubstr("one JSON object a line"));
  EXPECT_EQ(Shape("{6f96}\n{6f97}\n", {}, "ids.csv").format, Format::kDelimited);
}

TEST(InspectTest, AStrayNulIsNoBinaryFile) {
  std::string rows = "name,phone\n";
  for (int i = 0; i < 2000; ++i) rows += "Acme " + std::to_string(i) + ",13800138000\n";
  for (const size_t at : {size_t{15}, rows.size() / 2, rows.size() - 8}) {
    std::string file = rows;
    file[at] = '\0';
    const SourceShape shape = Shape(file);
    EXPECT_EQ(shape.encoding, Encoding::kUtf8) << at;
    EXPECT_THAT(shape.columns, ElementsAre("name", "phone")) << at;
  }
  EXPECT_THAT(Refusal(rows + std::string(100, '\0')), HasSubstr("NUL"));
}

TEST(InspectTest, AFirstRowLargerThanWhatIsLookedAtIsNoHeader) {
  std::string row = "name,phone";
  while (row.size() < size_t{300} * 1024) row += ",column of a wide table";
  EXPECT_THAT(Refusal(row + "\nAcme,1\n"), HasSubstr("first row is longer than 256 KiB"));
  EXPECT_EQ(Shape(row + "\nAcme,1\n", {.header_row = 0}).header_row, 0u);
}

TEST(InspectTest, RefusesInWordsForTheOwner) {
  EXPECT_THAT(Refusal(""), HasSubstr("customers.csv is empty"));
  EXPECT_THAT(Refusal("\xEF\xBB\xBF"), HasSubstr("only blank lines"));
  EXPECT_THAT(Refusal("\n \r\n\t\n"), HasSubstr("only blank lines"));
  EXPECT_THAT(Refusal("PK\x03\x04..[Content_Types].xml..xl/workbook.xml"),
              HasSubstr("zip container is damaged"));
  EXPECT_THAT(Refusal("PK\x03\x04 some zip"), HasSubstr("zip container is damaged"));
  EXPECT_THAT(Refusal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 ole"),
              HasSubstr("compound file is damaged"));
  EXPECT_THAT(Refusal("\x1F\x8B gz"), HasSubstr("gzip file is damaged"));
  EXPECT_THAT(Refusal("%PDF-1.7"), HasSubstr("PDF"));
  EXPECT_THAT(Refusal("\x89PNG\r\n\x1a\n"), HasSubstr("image"));
  EXPECT_THAT(Refusal(std::string("a,b\n\0\x01\0\x02\0c", 11)), HasSubstr("binary"));
  EXPECT_THAT(Refusal("[{\"a\":1},\n{\"a\":2}]"), HasSubstr("one JSON object a line"));
  EXPECT_THAT(Refusal("<html><table></table>"), HasSubstr("web page"));
}

TEST(InspectTest, ProseThatBeginsWithABraceIsNoJson) {
  StringSource source("{see below} note,more\na,b\nc,d\n");
  EXPECT_TRUE(Inspect(source, "note.txt").ok());
}

TEST(InspectTest, ATextThatBeginsLikeABinaryFileIsAText) {
  EXPECT_EQ(Refusal("PAR1,PAR2\n1,2\n"), "");
  EXPECT_EQ(Refusal("BZh,Rar!\n1,2\n"), "");
  EXPECT_THAT(Refusal(std::string("PAR1\x15\x04\0", 7)), HasSubstr("Parquet"));
}

TEST(InspectTest, NoRefusalShowsTheFilesContent) {
  EXPECT_THAT(Refusal("[{\"name\":\"secret\"}]"), ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace sluice::formats

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

SourceShape Shape(std::vector<std::string> columns) {
  return {.format = Format::kNdjson, .columns = std::move(columns)};
}

TEST(NdjsonReaderTest, CellsFollowTheColumns) {
  const auto rows =
      ReadAll("{\"b\":\"2\",\"a\":\"1\"}\n{\"a\":\"3\",\"other\":1}\n", Shape({"a", "b"}));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (OwnedRow{{"1", "2"}, 1, false, ""}));
  EXPECT_EQ(rows[1], (OwnedRow{{"3", ""}, 2, false, ""}));
}

TEST(NdjsonReaderTest, ValuesBecomeTheTextThatWasWritten) {
  const auto rows =
      ReadAll(R"({"n":1.50e3 ,"big":123456789012345678901234567890,"t":true,"f":false,"z":null,)"
              R"("s":"a\"\u4e2d\n","l":[1, {"x":"y"}] ,"o":{"p":{"q":"deep"},"r":-0}})",
              Shape({"n", "big", "t", "f", "z", "s", "l", "o.p.q", "o.r"}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].problem, "");
  EXPECT_EQ(rows[0].cells,
            (std::vector<std::string>{"1.50e3", "123456789012345678901234567890", "true", "false",
                                      "", "a\"中\n", "[1, {\"x\":\"y\"}]", "deep", "-0"}));
}

TEST(NdjsonReaderTest, ABadLineIsARowWithAProblem) {
  for (const std::string bad : {"{\"a\":1",
                                "{\"a\":1}}",
                                "{\"a\":1} x",
                                "[1]",
                                "\"a\"",
                                "1",
                                "{\"a\":01}",
                                "{\"a\":1.}",
                                "{\"a\":[1,,2]}",
                                "{\"a\":tru}",
                                "{\"a\":\"\xc3\"}",
                                "{a:1}",
                                "{\"a\":nulL}",
                                "{\"a\" 1}",
                                "{\"a\":1,}",
                                "{\"a\":[}",
                                "{\"a\":\"\\x\"}",
                                "null",
                                "x",
                                "{}{}"}) {
    const auto rows = ReadAll("{\"a\":\"x\"}\n" + bad + "\n{\"a\":\"y\"}\n", Shape({"a"}));
    ASSERT_EQ(rows.size(), 3u) << bad;
    EXPECT_EQ(rows[2], (OwnedRow{{"y"}, 3, false, ""})) << bad;
    if (bad.find('\xc3') != std::string::npos) continue;
    EXPECT_EQ(rows[1], (OwnedRow{{}, 2, false, "invalid_json"})) << bad;
  }
}

TEST(NdjsonReaderTest, WrongBytesInAStringAreReplacedAndTold) {
  const auto rows = ReadAll("{\"a\":\"\xc3\"}\n", Shape({"a"}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0], (OwnedRow{{"\uFFFD"}, 1, true, ""}));
}

TEST(NdjsonReaderTest, BlankLinesAndEmptyObjectsAreCountedButNoRows) {
  const auto rows = ReadAll("\n{}\r\n  \n{\"a\":null}\n{\"a\":\"x\"}", Shape({"a"}));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].row, 5u);
}

TEST(NdjsonReaderTest, DeepNestingIsKeptAsTextAndNeverOverflows) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "{\"k\":";
  const auto rows = ReadAll(deep + "1" + std::string(40, '}') + "\n", Shape({"k"}));
  ASSERT_EQ(rows.size(), 0u);  // the path is longer than the column's
  const auto hostile =
      ReadAll(std::string(100000, '[') + "\n" + "{\"k\":" + std::string(5000, '['), Shape({"k"}));
  ASSERT_EQ(hostile.size(), 2u);
  EXPECT_EQ(hostile[1].problem, "invalid_json");
}

TEST(NdjsonReaderTest, ALineAboveTheLimitIsTooLargeAndReadingGoesOn) {
  const auto rows =
      ReadAll("{\"a\":\"" + std::string(3'000'000, 'x') + "\"}\n{\"a\":\"y\"}\n", Shape({"a"}));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (OwnedRow{{}, 1, false, "row_too_large"}));
  EXPECT_EQ(rows[1], (OwnedRow{{"y"}, 2, false, ""}));
}

TEST(NdjsonReaderTest, ReadingFromAPositionEqualsReadingOn) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text += i % 7 == 0 ? "\n" : "{\"a\":\"中" + std::to_string(i) + "\"}\r\n";
  }
  const SourceShape shape = Shape({"a"});
  std::vector<Checkpoint> positions;
  const auto straight = ReadAll(text, shape, {}, {}, 5, &positions);
  for (size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(ReadAll(text, shape, positions[i]),
              std::vector<OwnedRow>(straight.begin() + static_cast<long>(i), straight.end()));
  }
}

}  // namespace
}  // namespace sluice::formats

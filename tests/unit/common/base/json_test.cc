#include "common/base/json.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonTest, KeepsPlainTextAndQuotesIt) {
  EXPECT_EQ(Json(""), "\"\"");
  EXPECT_EQ(Json("北京 😀 é"), "\"北京 😀 é\"");
}

TEST(JsonTest, EscapesWhatWouldBreakTheStringOrTheLine) {
  EXPECT_EQ(Json("a\"b\\c\n\r\t\x01"), R"("a\"b\\c\n\u000d\u0009\u0001")");
}

TEST(JsonTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Json("\xB1\xB1"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Json("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Json("\xE4\xBA"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace sluice::base

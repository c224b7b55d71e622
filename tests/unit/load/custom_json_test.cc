#include "load/custom_json.h"

#include <gtest/gtest.h>

#include <random>

namespace sluice::load {
namespace {

CustomFields Parsed(std::string_view json) {
  CustomFields fields;
  EXPECT_TRUE(ParseCustom(json, fields)) << json;
  return fields;
}

TEST(CustomJsonTest, RandomFieldsComeBackAsTheyWere) {
  std::mt19937 random(3);
  const std::vector<std::string> letters = {"a", "\"", "\\", "\n", "\t", "\r", "\x01",
                                            "/", ".",  ":",  "{",  "}",  "客", "😀"};
  const auto text = [&] {
    std::string out;
    for (uint32_t n = random() % 8; n > 0; --n) out += letters[random() % letters.size()];
    return out;
  };
  for (int i = 0; i < 5000; ++i) {
    CustomFields fields;
    for (uint32_t n = random() % 5; n > 0; --n) fields["k" + text()] = JsonString(text());
    for (uint32_t n = random() % 3; n > 0; --n) fields["_unfit." + text()] = JsonString(text());
    const std::string json = RenderCustom(fields);
    EXPECT_EQ(json.empty(), fields.empty());
    ASSERT_EQ(Parsed(json), fields) << json;
  }
}

TEST(CustomJsonTest, WhatOtherProgramsPutThereIsKeptTokenByToken) {
  const CustomFields fields = Parsed(
      "  { \"n\" : 1.50e+3, \"big\":123456789012345678901234567890 ,\n \"t\":true,\"z\":null,"
      "\"a\":[1, {\"b\": 2}],\"o\":{\"x\" : [ ]},\"s\":\"\\u00e9\\n\",\"\":\"empty name\"}  ");
  EXPECT_EQ(fields.at("n"), "1.50e+3");
  EXPECT_EQ(fields.at("big"), "123456789012345678901234567890");
  EXPECT_EQ(fields.at("t"), "true");
  EXPECT_EQ(fields.at("z"), "null");
  EXPECT_EQ(fields.at("a"), "[1, {\"b\": 2}]");
  EXPECT_EQ(fields.at("o"), "{\"x\" : [ ]}");
  EXPECT_EQ(fields.at("s"), "\"\\u00e9\\n\"");
  EXPECT_EQ(fields.at(""), "\"empty name\"");
  EXPECT_EQ(Parsed(RenderCustom(fields)), fields);
}

TEST(CustomJsonTest, ValuesThatDidNotFitStandInANestedObject) {
  const CustomFields fields = {
      {"_unfit.email", "\"x\""}, {"_unfit.phone", "\"12\""}, {"level", "\"A\""}};
  EXPECT_EQ(RenderCustom(fields), R"({"level":"A","_unfit":{"email":"x","phone":"12"}})");
  EXPECT_EQ(Parsed(R"({"_unfit":{"phone":"12","email":"x"},"level":"A"})"), fields);
  EXPECT_EQ(RenderCustom({{"_unfit.phone", "\"12\""}}), R"({"_unfit":{"phone":"12"}})");
}

TEST(CustomJsonTest, WhatIsNoObjectIsRefused) {
  for (const char* json : {"[]", "1", "\"x\"", "oops", "{", "{\"a\":}", "{\"a\":1", "{\"a\" 1}",
                           "{\"a\":1,}", "null", "{\"a\":[1}", "{\"a\":1} x", "{} {}"}) {
    CustomFields fields = {{"old", "1"}};
    EXPECT_FALSE(ParseCustom(json, fields)) << json;
    EXPECT_TRUE(fields.empty()) << json;
  }
  EXPECT_TRUE(Parsed("").empty());
  EXPECT_TRUE(Parsed("{}").empty());
}

TEST(CustomJsonTest, WhatCannotBeWrittenBackAsItWasIsRefused) {
  // Rendering these would move, merge or drop what another program wrote.
  for (const char* json : {R"({"_unfit.phone":"12"})", R"({"a":1,"a":2})", R"({"_unfit":"x"})",
                           R"({"_unfit":{"a":1,"a":2}})", R"({"_unfit":{"a":1},"_unfit":{"b":1}})",
                           R"({"a":tru})", R"({"a":[1,,2]})"}) {
    CustomFields fields;
    EXPECT_FALSE(ParseCustom(json, fields)) << json;
  }
}

TEST(CustomJsonTest, ControlCharactersAreEscaped) {
  EXPECT_EQ(JsonString(std::string_view("a\"\\\b\x1f\0客", 9)),
            "\"a\\\"\\\\\\u0008\\u001f\\u0000客\"");
}

}  // namespace
}  // namespace sluice::load

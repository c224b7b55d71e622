#include "common/normalize/phone.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace sluice::normalize {
namespace {

struct Outcome {
  std::string value;
  bool repaired = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Normalize(std::string_view text, std::string_view region = "CN") {
  PhoneNormalizer phones(region);
  std::string buffer;
  const ValueResult result = phones.Normalize(text, buffer);
  EXPECT_EQ(result.code, result.valid ? "" : "invalid_phone");
  return {std::string(result.value), result.repairs.Has(Repair::kPhoneFormatted)};
}

TEST(PhoneTest, MainlandMobilesBecomeE164) {
  EXPECT_EQ(Normalize("13800138000"), (Outcome{"+8613800138000", false}));
  EXPECT_EQ(Normalize("+8613800138000"), (Outcome{"+8613800138000", false}));
  EXPECT_EQ(Normalize("138-0013-8000"), (Outcome{"+8613800138000", true}));
  EXPECT_EQ(Normalize("+86 138 0013 8000"), (Outcome{"+8613800138000", true}));
  EXPECT_EQ(Normalize("(+86)13800138000"), (Outcome{"+8613800138000", true}));
  EXPECT_EQ(Normalize("008613800138000"), (Outcome{"+8613800138000", false}));
}

TEST(PhoneTest, LandlinesAndExtensions) {
  EXPECT_EQ(Normalize("010-62345678"), (Outcome{"+861062345678", true}));
  EXPECT_EQ(Normalize("(021) 6234 5678"), (Outcome{"+862162345678", true}));
  for (const char* text : {"010-62345678转801", "010-62345678 分机 801", "010-62345678分机:801",
                           "010-62345678 ext 801", "010-62345678 ext. 801", "010-62345678x801",
                           "010-62345678#801", "010-62345678(转801)"}) {
    EXPECT_EQ(Normalize(text), (Outcome{"+861062345678;ext=801", true})) << text;
  }
}

TEST(PhoneTest, TheRegionIsForNumbersWithoutACountryCode) {
  EXPECT_EQ(Normalize("(650) 253-0000", "US"), (Outcome{"+16502530000", true}));
  EXPECT_EQ(Normalize("13800138000", "US").value, "");
  EXPECT_EQ(Normalize("+44 20 7031 3000"), (Outcome{"+442070313000", true}));
  EXPECT_TRUE(PhoneNormalizer::IsKnownRegion("CN"));
  EXPECT_FALSE(PhoneNormalizer::IsKnownRegion("XX"));
}

TEST(PhoneTest, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", "abc", "123", "12345678901", "1380013800", "138001380000",
                           "+99913800138000", "转801", "-", "+"}) {
    EXPECT_EQ(Normalize(text), Outcome{}) << text;
  }
  EXPECT_EQ(Normalize(std::string(100000, '1')), Outcome{});
}

TEST(PhoneTest, ARememberedAnswerIsTheSameAnswer) {
  PhoneNormalizer phones;
  std::string buffer;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      const std::string text = "010-6234" + std::to_string(5000 + i) + (i % 3 == 0 ? "99" : "");
      std::string full;
      const ValueResult expected = phones.NormalizeFull(text, full);
      const ValueResult result = phones.Normalize(text, buffer);
      EXPECT_EQ(result.valid, expected.valid);
      EXPECT_EQ(result.value, expected.value);
      EXPECT_EQ(result.repairs, expected.repairs);
    }
  }
}

// The table of mobile prefixes is libphonenumber's: every five-digit beginning decides the same.
TEST(PhoneTest, TheMobileTableEqualsLibphonenumbers) {
  PhoneNormalizer phones;
  std::string buffer;
  std::string full;
  for (int prefix = 10000; prefix < 20000; ++prefix) {
    const std::string text = std::to_string(prefix) + std::to_string(100000 + prefix * 37 % 900000);
    const ValueResult expected = phones.NormalizeFull(text, full);
    const ValueResult result = phones.Normalize(text, buffer);
    ASSERT_EQ(result.valid, expected.valid) << text;
    ASSERT_EQ(result.value, expected.value) << text;
    ASSERT_EQ(result.repairs, expected.repairs) << text;
  }
}

}  // namespace
}  // namespace sluice::normalize

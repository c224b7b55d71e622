#include "common/normalize/number.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Integer(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeInteger(text, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

std::string Decimal(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeDecimal(text, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

TEST(IntegerTest, LosesZerosSeparatorsAndPlus) {
  EXPECT_EQ(Integer("42"), "42");
  EXPECT_EQ(Integer("-42"), "-42");
  EXPECT_EQ(Integer("+42"), "42");
  EXPECT_EQ(Integer("0042"), "42");
  EXPECT_EQ(Integer("-0"), "0");
  EXPECT_EQ(Integer("000"), "0");
  EXPECT_EQ(Integer("1,234,567"), "1234567");
  EXPECT_EQ(Integer("123456789012345678901234567890"), "123456789012345678901234567890");
}

TEST(IntegerTest, WhatIsNoIntegerIsRefused) {
  for (const char* text : {"", "-", "+", "a", "1.0", "1e3", "1,23", "1,2345", "1234,567", ",123",
                           "1,", "--1", "1 2", "１"}) {
    EXPECT_EQ(Integer(text), "type_mismatch") << text;
  }
}

TEST(DecimalTest, KeepsTheDigitsThatWereTyped) {
  EXPECT_EQ(Decimal("1.50"), "1.50");
  EXPECT_EQ(Decimal("1,234.50"), "1234.50");
  EXPECT_EQ(Decimal(".5"), "0.5");
  EXPECT_EQ(Decimal("5."), "5");
  EXPECT_EQ(Decimal("-007.10"), "-7.10");
  EXPECT_EQ(Decimal("+1"), "1");
  EXPECT_EQ(Decimal("-0.00"), "0.00");
  EXPECT_EQ(Decimal("0.1234567890123456789"), "0.1234567890123456789");
}

TEST(DecimalTest, WritesExponentsOut) {
  EXPECT_EQ(Decimal("1.5E+3"), "1500");
  EXPECT_EQ(Decimal("1.38e10"), "13800000000");
  EXPECT_EQ(Decimal("12.50e-3"), "0.01250");
  EXPECT_EQ(Decimal("-1e-1"), "-0.1");
  EXPECT_EQ(Decimal("1.5e1"), "15");
  EXPECT_EQ(Decimal("1e31"), "type_mismatch");
}

TEST(DecimalTest, DropsCurrencySigns) {
  for (const char* text :
       {"¥1,234.50", "\uFFE51234.50", "$ 1234.50", "1234.50元", "1234.50 €", "£1234.50"}) {
    EXPECT_EQ(Decimal(text), "1234.50") << text;
  }
  EXPECT_EQ(Decimal("-¥5"), "-5");
  EXPECT_EQ(Decimal("¥-5"), "-5");
  EXPECT_EQ(Decimal("-5元"), "-5");
}

TEST(DecimalTest, WhatIsNoDecimalIsRefused) {
  for (const char* text :
       {"",   ".",  "-",   "¥",  "1.2.3", "1,5", "1.234,50", "¥¥5",  "¥5元",  "-¥-5",
        "1e", "e5", "1e+", "5%", "5万",   "NaN", "inf",      "0x10", "1_000", "- 5"}) {
    EXPECT_EQ(Decimal(text), "type_mismatch") << text;
  }
}

TEST(DecimalTest, CurrencyIsADecimal) {
  std::string buffer;
  EXPECT_EQ(NormalizeCurrency("¥12.00", buffer).value, "12.00");
}

}  // namespace
}  // namespace sluice::normalize

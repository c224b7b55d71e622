#include "common/normalize/date.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Date(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeDate(text, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

std::string Datetime(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeDatetime(text, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

TEST(DateTest, TakesYearMonthDay) {
  for (const char* text :
       {"2024-01-05", "2024-1-5", "2024/1/5", "2024.01.05", "2024年1月5日", "2024年01月05日",
        "20240105", "2024-01-05 00:00:00", "2024-01-05T00:00:00.000Z", "2024/1/5 0:00",
        "2024-01-05T00:00:00+08:00"}) {
    EXPECT_EQ(Date(text), "2024-01-05") << text;
  }
}

TEST(DateTest, TheDayMustExist) {
  EXPECT_EQ(Date("2024-02-29"), "2024-02-29");
  EXPECT_EQ(Date("2000-02-29"), "2000-02-29");
  for (const char* text : {"2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10",
                           "2024-01-00", "2024-01-32", "0000-01-01", "20241301"}) {
    EXPECT_EQ(Date(text), "type_mismatch") << text;
  }
}

TEST(DateTest, NothingIsGuessed) {
  for (const char* text : {"", "24-01-05", "05/01/2024", "1/5/2024", "2024-01", "2024", "2024-1/5",
                           "2024年1月", "2024-001-05", "2024-01-05 10:00", "2024-01-05x",
                           "2024-01-05 ", "202401050", "2024-01-05 00:00:00.0001", "45296"}) {
    EXPECT_EQ(Date(text), "type_mismatch") << text;
  }
}

TEST(DatetimeTest, TakesADateAndATime) {
  EXPECT_EQ(Datetime("2024-01-05 10:30:15"), "2024-01-05T10:30:15");
  EXPECT_EQ(Datetime("2024/1/5 9:05"), "2024-01-05T09:05:00");
  EXPECT_EQ(Datetime("2024年1月5日 23:59:59"), "2024-01-05T23:59:59");
  EXPECT_EQ(Datetime("20240105T103000"), "type_mismatch");
  EXPECT_EQ(Datetime("2024-01-05"), "2024-01-05T00:00:00");
}

TEST(DatetimeTest, KeepsMillisecondsAndTheOffset) {
  EXPECT_EQ(Datetime("2024-01-05T10:30:15.5Z"), "2024-01-05T10:30:15.500Z");
  EXPECT_EQ(Datetime("2024-01-05T10:30:15.123456+0800"), "2024-01-05T10:30:15.123+08:00");
  EXPECT_EQ(Datetime("2024-01-05T10:30:15.000-05"), "2024-01-05T10:30:15-05:00");
  EXPECT_EQ(Datetime("2024-01-05 10:30:15 +08:00"), "2024-01-05T10:30:15+08:00");
  EXPECT_EQ(Datetime("2024-01-05t10:30:15z"), "2024-01-05T10:30:15Z");
}

TEST(DatetimeTest, WhatIsNoTimeIsRefused) {
  for (const char* text : {"2024-01-05 24:00:00", "2024-01-05 10:60", "2024-01-05 10:30:60",
                           "2024-01-05 10", "2024-01-05T", "2024-01-05 10:30:15.",
                           "2024-01-05 10:30:15+25:00", "2024-01-05 10:30:15 PM", "10:30"}) {
    EXPECT_EQ(Datetime(text), "type_mismatch") << text;
  }
}

}  // namespace
}  // namespace sluice::normalize

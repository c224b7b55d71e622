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

std::string Ordered(std::string_view text, DateOrder order) {
  std::string buffer;
  const ValueResult result = NormalizeDate(text, order, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

TEST(DateTest, TheYearMayComeLastInAKnownOrder) {
  for (const char* text : {"03/04/2025", "3-4-2025", "3.4.2025", "3/4/2025 0:00"}) {
    EXPECT_EQ(Ordered(text, DateOrder::kDayFirst), "2025-04-03") << text;
    EXPECT_EQ(Ordered(text, DateOrder::kMonthFirst), "2025-03-04") << text;
    EXPECT_EQ(Ordered(text, DateOrder::kYearFirst), "wrong_date_order") << text;
    EXPECT_EQ(Ordered(text, DateOrder::kUnknown), "ambiguous_date") << text;
  }
  for (const DateOrder order :
       {DateOrder::kUnknown, DateOrder::kYearFirst, DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
    EXPECT_EQ(Ordered("2025/3/4", order), "2025-03-04");
    EXPECT_EQ(Ordered("2025/13/4", order), "type_mismatch");
    for (const char* text :
         {"31/31/2025", "29/02/2025", "3/4/25", "3/4-2025", "003/4/2025", "3/4/20255", "3/4"}) {
      EXPECT_EQ(Ordered(text, order), "type_mismatch") << text;
    }
  }
}

TEST(DateTest, WhatExistsInOneOrderNeedsNone) {
  EXPECT_EQ(Ordered("3/4/2025 10:30", DateOrder::kDayFirst), "type_mismatch");
  EXPECT_EQ(Ordered("25/12/2024", DateOrder::kUnknown), "2024-12-25");
  EXPECT_EQ(Ordered("12/25/2024", DateOrder::kUnknown), "2024-12-25");
  EXPECT_EQ(Ordered("4/4/2025", DateOrder::kUnknown), "2025-04-04");
  EXPECT_EQ(Ordered("30/02/2024", DateOrder::kUnknown), "type_mismatch");
  EXPECT_EQ(Ordered("25/12/2024", DateOrder::kMonthFirst), "wrong_date_order");
  EXPECT_EQ(Ordered("12/25/2024", DateOrder::kDayFirst), "wrong_date_order");
}

TEST(DatetimeTest, TheYearMayComeLast) {
  std::string buffer;
  EXPECT_EQ(NormalizeDatetime("03/04/2025 10:30", DateOrder::kDayFirst, buffer).value,
            "2025-04-03T10:30:00");
  EXPECT_EQ(NormalizeDatetime("03/04/2025T10:30:15Z", DateOrder::kUnknown, buffer).code,
            "ambiguous_date");
  EXPECT_EQ(NormalizeDatetime("03/04/2025 25:30", DateOrder::kDayFirst, buffer).code,
            "type_mismatch");
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

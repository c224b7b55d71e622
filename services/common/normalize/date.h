// The normal forms of dates and times. Nothing is shifted by a zone, and nothing is guessed: years
// have four digits, and where the year does not come first, somebody has to say which of day and
// month does, unless the date exists in one order only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// The order of dates whose year comes last. A year that comes first is always read.
enum class DateOrder : uint8_t { kUnknown, kYearFirst, kDayFirst, kMonthFirst };

inline constexpr std::string_view kAmbiguousDate = "ambiguous_date";
inline constexpr std::string_view kWrongDateOrder = "wrong_date_order";

// In which orders a text is a date, with or without a time. 4/4/2025 is the same in two.
struct DateReadings {
  bool year_first = false;
  bool day_first = false;
  bool month_first = false;
  // The two are not the same day.
  bool differ = false;
};
DateReadings ReadingsOf(std::string_view text);

// `YYYY-MM-DD` from Y-M-D with one of `- / .` throughout or 年月日, from YYYYMMDD, or from such a
// date with a time at midnight. The day must exist. Thread-safe, like all here; the text has had
// the text repairs; what is no date is refused with type_mismatch.
ValueResult NormalizeDate(std::string_view text, std::string& buffer);
// The same, and D-M-Y or M-D-Y: in the order given, or with kUnknown in the one in which it exists.
// Refused with ambiguous_date when it exists in both, with wrong_date_order when only in the other.
ValueResult NormalizeDate(std::string_view text, DateOrder order, std::string& buffer);

// `YYYY-MM-DDTHH:MM:SS`, `.fff` when there is a fraction that is not 0 (cut to milliseconds), and
// the offset if one was typed (`Z` or `+HH:MM`). From a date as above, a space or `T`, and
// H:MM[:SS[.f...]]; a date alone is its midnight.
ValueResult NormalizeDatetime(std::string_view text, std::string& buffer);
ValueResult NormalizeDatetime(std::string_view text, DateOrder order, std::string& buffer);

}  // namespace sluice::normalize

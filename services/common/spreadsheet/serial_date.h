// Dates as spreadsheets keep them: days since an epoch, the time of day as a fraction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::spreadsheet {

// Which day is 0. Excel's 1900 system knows a 1900-02-29 (serial 60), which never was; it is given
// as it is shown, and day 0 as 1900-01-00.
enum class Epoch : uint8_t { k1900, k1904 };

struct DateTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  // From Sunday = 0, as Excel reckons it.
  int weekday = 0;
};

// Rounded to `per_second` parts of a second (at most 1,000). Nothing for serials without a date:
// negative ones, and those beyond the year 9999.
std::optional<DateTime> FromSerial(double serial, Epoch epoch, int per_second = 1000);

// YYYY-MM-DD, with THH:MM:SS[.fff] unless it is midnight.
void AppendDate(const DateTime& date, std::string& out);
// HH:MM:SS[.fff].
void AppendTime(const DateTime& date, std::string& out);

}  // namespace sluice::spreadsheet

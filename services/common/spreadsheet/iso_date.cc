#include "common/spreadsheet/iso_date.h"

#include <cmath>
#include <cstdint>

namespace sluice::spreadsheet {
namespace {

// Takes digits off the front; at most `most`, at least one.
bool TakeNumber(std::string_view& text, size_t most, int& value) {
  size_t count = 0;
  value = 0;
  while (count < text.size() && count < most && text[count] >= '0' && text[count] <= '9') {
    value = value * 10 + (text[count++] - '0');
  }
  text.remove_prefix(count);
  return count > 0;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeTime(std::string_view& text, DateTime& date) {
  if (!TakeNumber(text, 2, date.hour) || !Take(text, ':')) return false;
  if (!TakeNumber(text, 2, date.minute)) return false;
  if (Take(text, ':') && !TakeNumber(text, 2, date.second)) return false;
  if (Take(text, '.') || Take(text, ',')) {
    int digits = 0;
    int thousandths = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      if (digits < 3) thousandths = thousandths * 10 + (text[0] - '0');
      ++digits;
      text.remove_prefix(1);
    }
    for (; digits < 3; ++digits) thousandths *= 10;
    date.millisecond = thousandths;
  }
  return date.hour < 24 && date.minute < 60 && date.second < 60;
}

bool TakeZone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return true;
  int hour = 0;
  int minute = 0;
  if (!Take(text, '+') && !Take(text, '-')) return false;
  return TakeNumber(text, 2, hour) && (text.empty() || Take(text, ':')) &&
         (text.empty() || TakeNumber(text, 2, minute)) && text.empty();
}

int DaysInMonth(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Days since 1970-01-01 (Hinnant).
int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

}  // namespace

bool ParseIsoDate(std::string_view text, DateTime& date, CellType& type) {
  date = DateTime{};
  const std::string_view whole = text;
  type = CellType::kTime;
  if (text.find(':') < 3) return TakeTime(text, date) && TakeZone(text);
  type = CellType::kDate;
  if (!TakeNumber(text, 4, date.year) || whole.size() - text.size() != 4) return false;
  if (!Take(text, '-') || !TakeNumber(text, 2, date.month)) return false;
  if (!Take(text, '-') || !TakeNumber(text, 2, date.day)) return false;
  if (date.month < 1 || date.month > 12 || date.day < 1) return false;
  if (date.day > DaysInMonth(date.year, date.month)) return false;
  if (text.empty()) return true;
  if (!Take(text, 'T') && !Take(text, 't') && !Take(text, ' ')) return false;
  return TakeTime(text, date) && TakeZone(text);
}

std::optional<double> ParseIsoDuration(std::string_view text) {
  const bool negative = Take(text, '-');
  if (!Take(text, 'P')) return std::nullopt;
  double seconds = 0;
  bool time = false;
  bool any = false;
  while (!text.empty()) {
    if (Take(text, 'T')) {
      time = true;
      continue;
    }
    double number = 0;
    double scale = 1;
    bool fraction = false;
    size_t digits = 0;
    while (!text.empty() &&
           ((text[0] >= '0' && text[0] <= '9') || text[0] == '.' || text[0] == ',')) {
      if (text[0] == '.' || text[0] == ',') {
        fraction = true;
      } else {
        number = number * 10 + (text[0] - '0');
        if (fraction) scale *= 10;
        ++digits;
      }
      text.remove_prefix(1);
    }
    if (digits == 0 || text.empty()) return std::nullopt;
    const char unit = text[0];
    text.remove_prefix(1);
    number /= scale;
    any = true;
    if (unit == 'D' && !time) {
      seconds += number * 86'400;
    } else if (unit == 'H' && time) {
      seconds += number * 3600;
    } else if (unit == 'M' && time) {
      seconds += number * 60;
    } else if (unit == 'S' && time) {
      seconds += number;
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  return negative ? -seconds : seconds;
}

std::optional<double> ToSerial(const DateTime& date, CellType type, Epoch epoch) {
  const double time = (date.hour * 3600 + date.minute * 60 + date.second) / 86'400.0 +
                      date.millisecond / 86'400'000.0;
  if (type == CellType::kTime) return time;
  int64_t days = DaysFromCivil(date.year, date.month, date.day);
  if (epoch == Epoch::k1904) {
    days += 24'107;
  } else {
    days += 25'569;
    if (days <= 60) --days;
  }
  if (days < 0) return std::nullopt;
  return static_cast<double>(days) + time;
}

}  // namespace sluice::spreadsheet

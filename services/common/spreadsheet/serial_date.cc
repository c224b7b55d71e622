#include "common/spreadsheet/serial_date.h"

#include <cmath>

namespace sluice::spreadsheet {
namespace {

constexpr int64_t kSecondsADay = 86'400;
// Days from 1970-01-01 to day 0: 1899-12-30, from which serials above 60 count, and 1904-01-01.
constexpr int64_t kDayZero1900 = -25'569;
constexpr int64_t kDayZero1904 = -24'107;
// 9999-12-31.
constexpr int64_t kLastDay = 2'932'896;

// From days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
void SetCivil(int64_t days, DateTime& date) {
  const int64_t z = days + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  date.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  date.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
}

void AppendTwo(int value, std::string& out) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<DateTime> FromSerial(double serial, Epoch epoch, int per_second) {
  if (!(serial >= 0) || serial > 3'000'000) return std::nullopt;
  const int64_t parts = std::llround(serial * static_cast<double>(kSecondsADay * per_second));
  const int64_t parts_a_day = kSecondsADay * per_second;
  const int64_t day = parts / parts_a_day;
  const int64_t rest = parts % parts_a_day;
  DateTime date;
  if (epoch == Epoch::k1900 && (day == 60 || day == 0)) {
    date.year = 1900;
    date.month = day == 0 ? 1 : 2;
    date.day = day == 0 ? 0 : 29;
  } else {
    int64_t civil = day + (epoch == Epoch::k1900 ? kDayZero1900 : kDayZero1904);
    if (epoch == Epoch::k1900 && day < 60) ++civil;
    if (civil > kLastDay) return std::nullopt;
    SetCivil(civil, date);
  }
  // Serial 1 is a Sunday to Excel; 1904-01-01 was a Friday.
  date.weekday = static_cast<int>((epoch == Epoch::k1900 ? day + 6 : day + 5) % 7);
  const auto seconds = static_cast<int>(rest / per_second);
  date.hour = seconds / 3600;
  date.minute = seconds / 60 % 60;
  date.second = seconds % 60;
  date.millisecond = static_cast<int>(rest % per_second) * 1000 / per_second;
  return date;
}

void AppendDate(const DateTime& date, std::string& out) {
  AppendTwo(date.year / 100, out);
  AppendTwo(date.year % 100, out);
  out += '-';
  AppendTwo(date.month, out);
  out += '-';
  AppendTwo(date.day, out);
  if (date.hour + date.minute + date.second + date.millisecond == 0) return;
  out += 'T';
  AppendTime(date, out);
}

void AppendTime(const DateTime& date, std::string& out) {
  AppendTwo(date.hour, out);
  out += ':';
  AppendTwo(date.minute, out);
  out += ':';
  AppendTwo(date.second, out);
  if (date.millisecond == 0) return;
  out += '.';
  out += static_cast<char>('0' + date.millisecond / 100);
  AppendTwo(date.millisecond % 100, out);
}

}  // namespace sluice::spreadsheet

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "common/spreadsheet/number_format.h"

namespace sluice::spreadsheet {
namespace {

using Type = FormatToken::Type;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 7> kWeekdaysZh = {"日", "一", "二", "三", "四", "五", "六"};

void AppendPadded(int64_t value, int count, std::string& out) {
  out += fmt::format("{:0{}}", value, count >= 2 ? 2 : 1);
}

void AppendMonth(int month, int count, std::string& out) {
  const std::string_view name = kMonths[static_cast<size_t>(month - 1)];
  if (count <= 2) {
    AppendPadded(month, count, out);
  } else if (count == 3) {
    out += name.substr(0, 3);
  } else {
    out += count == 5 ? name.substr(0, 1) : name;
  }
}

void AppendDay(const DateTime& date, int count, std::string& out) {
  const std::string_view name = kWeekdays[static_cast<size_t>(date.weekday)];
  if (count <= 2) {
    AppendPadded(date.day, count, out);
  } else {
    out += count == 3 ? name.substr(0, 3) : name;
  }
}

void AppendYear(int year, int count, std::string& out) {
  if (count == 2) {
    AppendPadded(year % 100, 2, out);
  } else {
    out += fmt::format("{:04}", year);
  }
}

// AM or PM, as many letters as the format has.
void AppendHalf(const FormatToken& token, bool afternoon, std::string& out) {
  const size_t slash = token.text.find('/');
  out += afternoon ? token.text.substr(slash + 1) : token.text.substr(0, slash);
}

struct Moment {
  DateTime date;
  // Seconds since day 0, in whole seconds.
  int64_t seconds = 0;
};

void AppendToken(const FormatSection& section, const FormatToken& token, const Moment& moment,
                 std::string& out) {
  const DateTime& date = moment.date;
  switch (token.type) {
    case Type::kYear:
      AppendYear(date.year, token.count, out);
      break;
    case Type::kBuddhistYear:
      AppendYear(date.year + 543, token.count, out);
      break;
    case Type::kMonth:
      AppendMonth(date.month, token.count, out);
      break;
    case Type::kDay:
      AppendDay(date, token.count, out);
      break;
    case Type::kWeekday:
      if (token.count > 3) out += "星期";
      out += kWeekdaysZh[static_cast<size_t>(date.weekday)];
      break;
    case Type::kHour:
      AppendPadded(section.half_days ? (date.hour + 11) % 12 + 1 : date.hour, token.count, out);
      break;
    case Type::kMinute:
      AppendPadded(date.minute, token.count, out);
      break;
    case Type::kSecond:
      AppendPadded(date.second, token.count, out);
      break;
    case Type::kSecondFraction:
      out += '.';
      out += fmt::format("{:03}", date.millisecond)
                 .substr(0, static_cast<size_t>(section.second_digits));
      break;
    case Type::kHalf:
      AppendHalf(token, date.hour >= 12, out);
      break;
    case Type::kElapsedHours:
      out += fmt::format("{:0{}}", moment.seconds / 3600, token.count);
      break;
    case Type::kElapsedMinutes:
      out += fmt::format("{:0{}}", moment.seconds / 60, token.count);
      break;
    case Type::kElapsedSeconds:
      out += fmt::format("{:0{}}", moment.seconds, token.count);
      break;
    default:
      out += token.text;
      break;
  }
}

}  // namespace

bool AppendDateSection(const FormatSection& section, double serial, Epoch epoch, std::string& out) {
  constexpr std::array<int, 4> kParts = {1, 10, 100, 1000};
  const int parts = kParts[static_cast<size_t>(section.second_digits)];
  Moment moment;
  if (section.kind == FormatKind::kDuration) {
    if (!(serial < 1e11)) return false;
    const int64_t all = std::llround(serial * 86'400 * parts);
    moment.seconds = all / parts;
    moment.date.month = 1;
    moment.date.hour = static_cast<int>(moment.seconds / 3600 % 24);
    moment.date.minute = static_cast<int>(moment.seconds / 60 % 60);
    moment.date.second = static_cast<int>(moment.seconds % 60);
    moment.date.millisecond = static_cast<int>(all % parts * 1000 / parts);
    moment.date.day = static_cast<int>(moment.seconds / 86'400 % 1000);
  } else {
    const auto date = FromSerial(serial, epoch, parts);
    if (!date.has_value()) return false;
    moment.date = *date;
  }
  for (const FormatToken& token : section.tokens) AppendToken(section, token, moment, out);
  return true;
}

}  // namespace sluice::spreadsheet

#include "common/normalize/date.h"

#include <array>

namespace sluice::normalize {
namespace {

struct Date {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

struct Time {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned millis = 0;
  std::string_view rest_of_fraction;  // digits after the milliseconds
  bool has_offset = false;
  char sign = 'Z';
  unsigned offset_hour = 0;
  unsigned offset_minute = 0;

  bool IsMidnight() const {
    return hour == 0 && minute == 0 && second == 0 && millis == 0 &&
           rest_of_fraction.find_first_not_of('0') == std::string_view::npos;
  }
};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Reads a text from left to right; each step says whether it could be taken.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Number(size_t least, size_t most, unsigned& value) {
    size_t digits = 0;
    value = 0;
    while (digits < most && digits < text_.size() && IsDigit(text_[digits])) {
      value = value * 10 + static_cast<unsigned>(text_[digits++] - '0');
    }
    text_.remove_prefix(digits);
    return digits >= least;
  }
  bool Literal(std::string_view literal) {
    if (!text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  std::string_view Digits() {
    size_t count = 0;
    while (count < text_.size() && IsDigit(text_[count])) ++count;
    const std::string_view digits = text_.substr(0, count);
    text_.remove_prefix(count);
    return digits;
  }
  bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

bool Exists(const Date& date) {
  constexpr std::array<unsigned, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (date.year == 0 || date.month == 0 || date.month > 12 || date.day == 0) return false;
  const bool leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
  const unsigned days = date.month == 2 && leap ? 29 : kDays.at(date.month);
  return date.day <= days;
}

bool ScanDate(Scanner& in, Date& date) {
  if (!in.Number(4, 4, date.year)) return false;
  if (in.Literal("年")) {
    return in.Number(1, 2, date.month) && in.Literal("月") && in.Number(1, 2, date.day) &&
           in.Literal("日") && Exists(date);
  }
  for (const std::string_view separator : {"-", "/", "."}) {
    if (!in.Literal(separator)) continue;
    return in.Number(1, 2, date.month) && in.Literal(separator) && in.Number(1, 2, date.day) &&
           Exists(date);
  }
  return in.Number(2, 2, date.month) && in.Number(2, 2, date.day) && Exists(date);
}

bool ScanFraction(Scanner& in, Time& time) {
  const std::string_view digits = in.Digits();
  if (digits.empty()) return false;
  unsigned scale = 100;
  for (size_t i = 0; i < digits.size() && i < 3; ++i, scale /= 10) {
    time.millis += static_cast<unsigned>(digits[i] - '0') * scale;
  }
  if (digits.size() > 3) time.rest_of_fraction = digits.substr(3);
  return true;
}

bool ScanOffset(Scanner& in, Time& time) {
  time.has_offset = true;
  if (in.Literal("Z") || in.Literal("z")) return true;
  if (in.Literal("+")) {
    time.sign = '+';
  } else if (in.Literal("-")) {
    time.sign = '-';
  } else {
    return false;
  }
  if (!in.Number(2, 2, time.offset_hour)) return false;
  if (!in.done()) {
    in.Literal(":");
    if (!in.Number(2, 2, time.offset_minute)) return false;
  }
  return time.offset_hour < 24 && time.offset_minute < 60;
}

bool ScanTime(Scanner& in, Time& time) {
  if (!in.Number(1, 2, time.hour) || !in.Literal(":") || !in.Number(2, 2, time.minute)) {
    return false;
  }
  if (in.Literal(":")) {
    if (!in.Number(2, 2, time.second)) return false;
    if (in.Literal(".") && !ScanFraction(in, time)) return false;
  }
  if (time.hour > 23 || time.minute > 59 || time.second > 59) return false;
  if (in.done()) return true;
  in.Literal(" ");
  return ScanOffset(in, time) && in.done();
}

// What follows a date: nothing, or a time.
bool ScanRest(Scanner& in, Time& time) {
  if (in.done()) return true;
  if (!in.Literal("T") && !in.Literal("t") && !in.Literal(" ")) return false;
  return ScanTime(in, time);
}

// A date whose year comes first, and a time where one is typed.
bool Scan(std::string_view text, Date& date, Time& time) {
  Scanner in(text);
  return ScanDate(in, date) && ScanRest(in, time);
}

// A date whose year comes last, as two: whether each exists is not asked.
bool ScanYearLast(std::string_view text, Date& day_first, Date& month_first, Time& time) {
  for (const std::string_view separator : {"/", "-", "."}) {
    Scanner in(text);
    if (!in.Number(1, 2, day_first.day) || !in.Literal(separator) ||
        !in.Number(1, 2, day_first.month) || !in.Literal(separator) ||
        !in.Number(4, 4, day_first.year)) {
      continue;
    }
    month_first = {day_first.year, day_first.day, day_first.month};
    return ScanRest(in, time);
  }
  return false;
}

// Empty, or why the text is no date in this order.
std::string_view ScanOrdered(std::string_view text, DateOrder order, Date& date, Time& time) {
  if (Scan(text, date, time)) return {};
  time = {};
  Date day_first;
  Date month_first;
  if (!ScanYearLast(text, day_first, month_first, time)) return kTypeMismatch;
  const bool as_day = Exists(day_first);
  const bool as_month = Exists(month_first);
  if (!as_day && !as_month) return kTypeMismatch;
  const bool same = day_first.day == day_first.month;
  if (order == DateOrder::kUnknown && as_day && as_month && !same) return kAmbiguousDate;
  const bool take_day = order == DateOrder::kUnknown ? as_day : order == DateOrder::kDayFirst;
  date = take_day ? day_first : month_first;
  if (order == DateOrder::kYearFirst || !Exists(date)) return kWrongDateOrder;
  return {};
}

void AppendPadded(unsigned value, unsigned digits, std::string& out) {
  unsigned scale = 1;
  for (unsigned i = 1; i < digits; ++i) scale *= 10;
  for (; scale > 0; scale /= 10) out.push_back(static_cast<char>('0' + value / scale % 10));
}

void AppendDate(const Date& date, std::string& out) {
  AppendPadded(date.year, 4, out);
  out.push_back('-');
  AppendPadded(date.month, 2, out);
  out.push_back('-');
  AppendPadded(date.day, 2, out);
}

ValueResult DateResult(const Date& date, const Time& time, std::string& buffer) {
  if (!time.IsMidnight()) return ValueResult::Refuse(kTypeMismatch);
  buffer.clear();
  AppendDate(date, buffer);
  return ValueResult::Accept(buffer);
}

ValueResult DatetimeResult(const Date& date, const Time& time, std::string& buffer) {
  buffer.clear();
  AppendDate(date, buffer);
  buffer.push_back('T');
  AppendPadded(time.hour, 2, buffer);
  buffer.push_back(':');
  AppendPadded(time.minute, 2, buffer);
  buffer.push_back(':');
  AppendPadded(time.second, 2, buffer);
  if (time.millis > 0) {
    buffer.push_back('.');
    AppendPadded(time.millis, 3, buffer);
  }
  if (time.has_offset) buffer.push_back(time.sign);
  if (time.has_offset && time.sign != 'Z') {
    AppendPadded(time.offset_hour, 2, buffer);
    buffer.push_back(':');
    AppendPadded(time.offset_minute, 2, buffer);
  }
  return ValueResult::Accept(buffer);
}

using Form = ValueResult(const Date&, const Time&, std::string&);

ValueResult YearFirst(std::string_view text, Form form, std::string& buffer) {
  Date date;
  Time time;
  if (!Scan(text, date, time)) return ValueResult::Refuse(kTypeMismatch);
  return form(date, time, buffer);
}

ValueResult InOrder(std::string_view text, DateOrder order, Form form, std::string& buffer) {
  Date date;
  Time time;
  const std::string_view refusal = ScanOrdered(text, order, date, time);
  if (!refusal.empty()) return ValueResult::Refuse(refusal);
  return form(date, time, buffer);
}

}  // namespace

DateReadings ReadingsOf(std::string_view text) {
  Date date;
  Date day_first;
  Date month_first;
  Time time;
  if (Scan(text, date, time)) return {.year_first = true};
  time = {};
  if (!ScanYearLast(text, day_first, month_first, time)) return {};
  DateReadings readings;
  readings.day_first = Exists(day_first);
  readings.month_first = Exists(month_first);
  readings.differ = day_first.day != day_first.month;
  return readings;
}

ValueResult NormalizeDate(std::string_view text, std::string& buffer) {
  return YearFirst(text, DateResult, buffer);
}

ValueResult NormalizeDate(std::string_view text, DateOrder order, std::string& buffer) {
  return InOrder(text, order, DateResult, buffer);
}

ValueResult NormalizeDatetime(std::string_view text, std::string& buffer) {
  return YearFirst(text, DatetimeResult, buffer);
}

ValueResult NormalizeDatetime(std::string_view text, DateOrder order, std::string& buffer) {
  return InOrder(text, order, DatetimeResult, buffer);
}

}  // namespace sluice::normalize

// Number formats of spreadsheets (ECMA-376 part 1, 18.8.30 and 18.8.31): which kind of value a
// number is, and what a person sees. Colours are passed over; months and weekdays are English, but
// for the Chinese forms of weekdays and of morning and afternoon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/spreadsheet/serial_date.h"

namespace sluice::spreadsheet {

enum class FormatKind : uint8_t { kNumber, kDate, kTime, kDuration };

// One piece of a section.
struct FormatToken {
  enum class Type : uint8_t {
    kLiteral,
    kDigit,     // 0, # or ? in `text`
    kPoint,     //
    kPercent,   //
    kExponent,  // `text` E+ or E-
    kSlash,     // of a fraction
    kGeneral,
    kText,  // @
    kYear,
    kBuddhistYear,
    kMonth,
    kDay,
    kWeekday,  // Chinese, three or four letters
    kHour,
    kMinute,
    kSecond,
    kSecondFraction,
    kHalf,  // AM/PM; `text` both words with a slash between
    kElapsedHours,
    kElapsedMinutes,
    kElapsedSeconds,
  };
  Type type = Type::kLiteral;
  std::string text;
  // Letters in a row, digits of a fraction.
  int count = 0;
};

struct FormatSection {
  enum class Condition : uint8_t { kNone, kLess, kLessEqual, kEqual, kNotEqual, kMore, kMoreEqual };
  Condition condition = Condition::kNone;
  double operand = 0;
  std::vector<FormatToken> tokens;
  FormatKind kind = FormatKind::kNumber;
  bool has_text = false;
  bool has_general = false;
  bool fraction = false;
  bool grouped = false;
  // Digits of a second that are shown.
  int second_digits = 0;
  bool half_days = false;
  int percents = 0;
  // Thousands the number is divided by.
  int thousands = 0;
  int digits_before_point = 0;
  int digits_behind_point = 0;
  int exponent_digits = 0;
};

// Immutable; thread-safe.
class NumberFormat {
 public:
  // Any text is a format: what is not understood stands for itself.
  explicit NumberFormat(std::string_view code);

  const std::string& code() const { return code_; }
  // Plain General.
  bool general() const { return general_; }
  // Plain digits for whole numbers that are not negative: General, 0, @.
  bool plain_whole() const { return plain_whole_; }
  FormatKind KindOf(double value) const;

  void AppendNumber(double value, Epoch epoch, std::string& out) const;
  void AppendText(std::string_view text, std::string& out) const;
  // Texts are shown as they are.
  bool plain_text() const { return plain_text_; }

 private:
  // The section for a number, or null: then it is shown as General.
  const FormatSection* SectionFor(double value) const;
  const FormatSection* TextSection() const;

  const std::string code_;
  std::vector<FormatSection> sections_;
  // Of these, those for numbers.
  size_t number_sections_ = 0;
  bool conditional_ = false;
  bool general_ = false;
  bool plain_whole_ = false;
  bool plain_text_ = true;
};

// Sections of a format code, one to four.
std::vector<FormatSection> ParseFormat(std::string_view code);

// A number as its section shows it, without the sign.
void AppendNumberSection(const FormatSection& section, double value, std::string& out);
// A date, time or duration that is not negative. False when there is no such date.
bool AppendDateSection(const FormatSection& section, double serial, Epoch epoch, std::string& out);

// The code of a built-in format by its number (ECMA-376, with the simplified Chinese meaning of
// those that differ by language); empty for numbers that mean nothing.
std::string_view BuiltinFormat(uint32_t id);

}  // namespace sluice::spreadsheet

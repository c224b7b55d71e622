// A double as the decimal digits a spreadsheet shows of it: 15 significant ones, rounded half away
// from zero, as Excel does.
#pragma once

#include <string>

namespace sluice::spreadsheet {

// |value| = 0.d1d2d3... x 10^exponent. No digits for zero.
struct DecimalDigits {
  std::string digits;
  int exponent = 0;

  // Of a finite number.
  static DecimalDigits Of(double value);
  // Rounds to `places` digits behind the point (negative: before it).
  void Round(int places);
  // Digits before the point, empty for numbers below 1, and `places` digits behind it.
  std::string Whole() const;
  std::string Fraction(int places) const;
};

// The shortest decimal that reads back as the same double: 13800138000, 0.1, 1e+21.
void AppendShortest(double value, std::string& out);

// In full, with at most 15 digits, and with an exponent only where the digits would be many zeros:
// 123456789012346000, 0.00001.
void AppendPlain(double value, std::string& out);

// As the format General shows it: at most 11 characters, without the sign.
void AppendGeneral(double value, std::string& out);

}  // namespace sluice::spreadsheet

#include "common/spreadsheet/decimal_digits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sluice::spreadsheet {
namespace {

void StripZeros(std::string& digits) {
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
}

}  // namespace

DecimalDigits DecimalDigits::Of(double value) {
  DecimalDigits result;
  if (value == 0) return result;
  char text[40];
  std::snprintf(text, sizeof(text), "%.14e", std::fabs(value));
  // d.dddddddddddddde+XX
  result.digits += text[0];
  result.digits.append(text + 2, 14);
  result.exponent = std::atoi(text + 17) + 1;
  StripZeros(result.digits);
  return result;
}

void DecimalDigits::Round(int places) {
  const int kept = exponent + places;
  if (kept >= static_cast<int>(digits.size())) return;
  if (kept < 0) {
    digits.clear();
    return;
  }
  const bool up = digits[static_cast<size_t>(kept)] >= '5';
  digits.resize(static_cast<size_t>(kept));
  if (up) {
    int i = kept - 1;
    while (i >= 0 && digits[static_cast<size_t>(i)] == '9') digits[static_cast<size_t>(i--)] = '0';
    if (i >= 0) {
      ++digits[static_cast<size_t>(i)];
    } else {
      digits.insert(digits.begin(), '1');
      ++exponent;
    }
  }
  StripZeros(digits);
}

std::string DecimalDigits::Whole() const {
  if (digits.empty() || exponent <= 0) return {};
  std::string whole = digits.substr(0, static_cast<size_t>(exponent));
  whole.resize(static_cast<size_t>(exponent), '0');
  return whole;
}

std::string DecimalDigits::Fraction(int places) const {
  std::string fraction;
  if (!digits.empty() && exponent < 0) {
    fraction.assign(static_cast<size_t>(std::min(-exponent, places)), '0');
  }
  const size_t from = exponent > 0 ? static_cast<size_t>(exponent) : 0;
  if (from < digits.size()) fraction += digits.substr(from);
  fraction.resize(static_cast<size_t>(places), '0');
  return fraction;
}

void AppendShortest(double value, std::string& out) {
  char text[40];
  // Whole numbers are written out as far as people do.
  if (std::fabs(value) < 1e16 && value == std::floor(value)) {
    const auto end = std::to_chars(text, text + sizeof(text), static_cast<long long>(value)).ptr;
    out.append(text, end);
    return;
  }
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out.append(text, end);
}

void AppendPlain(double value, std::string& out) {
  const DecimalDigits digits = DecimalDigits::Of(value);
  constexpr int kLongest = 21;
  if (digits.exponent > kLongest || digits.exponent < -kLongest) {
    AppendShortest(value, out);
    return;
  }
  if (value < 0) out += '-';
  const std::string whole = digits.Whole();
  out += whole.empty() ? "0" : whole;
  const int places = static_cast<int>(digits.digits.size()) - digits.exponent;
  if (digits.digits.empty() || places <= 0) return;
  out += '.';
  out += digits.Fraction(places);
}

void AppendGeneral(double value, std::string& out) {
  if (value < 0) out += '-';
  DecimalDigits digits = DecimalDigits::Of(value);
  const int exponent = digits.exponent;
  if (digits.digits.empty()) {
    out += '0';
    return;
  }
  const auto length = static_cast<int>(digits.digits.size());
  // 0.00001 stays as it is when all its digits have room.
  const bool small = exponent < -3 && length - exponent + 2 > 11;
  if (exponent > 11 || small) {
    digits.Round(6 - exponent);
    out += digits.digits[0];
    if (digits.digits.size() > 1) {
      out += '.';
      out += digits.digits.substr(1);
    }
    char power[16];
    std::snprintf(power, sizeof(power), "E%+03d", digits.exponent - 1);
    out += power;
    return;
  }
  const int places = exponent > 0 ? std::max(0, 10 - exponent) : 9;
  digits.Round(exponent < -3 ? 11 : places);
  if (digits.exponent > 11) {
    out += "1E+11";
    return;
  }
  const std::string whole = digits.Whole();
  out += whole.empty() ? "0" : whole;
  std::string fraction = digits.Fraction(exponent < -3 ? 11 : places);
  StripZeros(fraction);
  if (fraction.empty()) return;
  out += '.';
  out += fraction;
}

}  // namespace sluice::spreadsheet

#include "common/normalize/number.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::normalize {
namespace {

constexpr int kLargestExponent = 30;
constexpr std::array<std::string_view, 6> kCurrencySigns = {"\u00A5", "\uFFE5", "$",
                                                            "€",      "£",      "元"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view WithoutSpaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool DropSign(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  const bool minus = text[0] == '-';
  text.remove_prefix(1);
  return minus;
}

// Takes one currency sign off one end; false when there is none.
bool DropCurrencySign(std::string_view& text, bool front, bool back) {
  for (const std::string_view sign : kCurrencySigns) {
    if (front && text.starts_with(sign)) {
      text = WithoutSpaces(text.substr(sign.size()));
      return true;
    }
    if (back && text.ends_with(sign)) {
      text = WithoutSpaces(text.substr(0, text.size() - sign.size()));
      return true;
    }
  }
  return false;
}

// Appends the digits of the whole part, which may be in groups of three; false when they are not.
bool AppendGrouped(std::string_view text, std::string& out) {
  size_t in_group = 0;
  bool grouped = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      if (in_group == 0 || in_group > 3 || (grouped && in_group != 3)) return false;
      grouped = true;
      in_group = 0;
      continue;
    }
    if (!IsDigit(text[i])) return false;
    out.push_back(text[i]);
    ++in_group;
  }
  return !grouped || in_group == 3;
}

void DropLeadingZeros(std::string& digits) {
  const size_t from = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, from);
  if (digits.empty()) digits = "0";
}

// Moves the point between `whole` and `fraction` by `exponent` places.
void MovePoint(int exponent, std::string& whole, std::string& fraction) {
  const auto places = static_cast<size_t>(std::abs(exponent));
  if (exponent > 0) {
    if (fraction.size() < places) fraction.append(places - fraction.size(), '0');
    whole.append(fraction, 0, places);
    fraction.erase(0, places);
  } else {
    if (whole.size() < places) whole.insert(0, places - whole.size(), '0');
    fraction.insert(0, whole, whole.size() - places, places);
    whole.erase(whole.size() - places);
  }
}

// Takes `e12` off the end; false when it is malformed or too large.
bool TakeExponent(std::string_view& text, int& exponent) {
  const size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return true;
  std::string_view digits = text.substr(at + 1);
  text = text.substr(0, at);
  const bool minus = DropSign(digits);
  if (digits.empty() || digits.size() > 3) return false;
  for (const char c : digits) {
    if (!IsDigit(c)) return false;
    exponent = exponent * 10 + (c - '0');
  }
  if (exponent > kLargestExponent) return false;
  if (minus) exponent = -exponent;
  return true;
}

ValueResult Mismatch() {
  return ValueResult::Refuse(kTypeMismatch);
}

}  // namespace

ValueResult NormalizeInteger(std::string_view text, std::string& buffer) {
  const bool minus = DropSign(text);
  std::string whole;
  if (text.empty() || !AppendGrouped(text, whole)) return Mismatch();
  DropLeadingZeros(whole);
  buffer.assign(minus && whole != "0" ? "-" : "");
  buffer.append(whole);
  return ValueResult::Accept(buffer);
}

ValueResult NormalizeDecimal(std::string_view text, std::string& buffer) {
  // A minus may stand before or after the currency sign.
  const bool signs = !text.empty() && (text[0] == '-' || text[0] == '+');
  bool minus = DropSign(text);
  text = signs ? text : WithoutSpaces(text);
  const bool front = DropCurrencySign(text, true, false);
  if (!front) DropCurrencySign(text, false, true);
  if (!signs && front) minus = DropSign(text);
  int exponent = 0;
  if (!TakeExponent(text, exponent)) return Mismatch();
  const size_t point = text.find('.');
  std::string whole;
  if (!AppendGrouped(text.substr(0, point), whole)) return Mismatch();
  std::string fraction;
  if (point != std::string_view::npos) fraction = text.substr(point + 1);
  if (!std::all_of(fraction.begin(), fraction.end(), IsDigit)) return Mismatch();
  if (whole.empty() && fraction.empty()) return Mismatch();
  if (exponent != 0) MovePoint(exponent, whole, fraction);
  DropLeadingZeros(whole);
  const bool zero = whole == "0" && fraction.find_first_not_of('0') == std::string::npos;
  buffer.assign(minus && !zero ? "-" : "");
  buffer.append(whole);
  if (!fraction.empty()) buffer.append(".").append(fraction);
  return ValueResult::Accept(buffer);
}

ValueResult NormalizeCurrency(std::string_view text, std::string& buffer) {
  return NormalizeDecimal(text, buffer);
}

}  // namespace sluice::normalize

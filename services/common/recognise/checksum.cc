#include "common/recognise/checksum.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/normalize/date.h"

namespace sluice::recognise {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool IsResidentId(std::string_view text) {
  if (text.size() != 18) return false;
  constexpr std::array kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) {
    if (!IsDigit(text[i])) return false;
    sum += kWeights[i] * (text[i] - '0');
  }
  const char last = text[17] == 'x' ? 'X' : text[17];
  std::string buffer;
  return last == "10X98765432"[sum % 11] &&
         normalize::NormalizeDate(text.substr(6, 8), buffer).valid;
}

bool IsSocialCreditCode(std::string_view text) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr std::array kWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  if (text.size() != 18) return false;
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) {
    const char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 32) : text[i];
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return false;
    sum += kWeights[i] * static_cast<int>(value);
  }
  const char last = text[17] >= 'a' ? static_cast<char>(text[17] - 32) : text[17];
  return last == kAlphabet[static_cast<size_t>((31 - sum % 31) % 31)];
}

bool IsBankCard(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;
    if (!IsDigit(c)) return false;
    digits.push_back(c);
  }
  if (digits.size() < 16 || digits.size() > 19 || digits[0] == '0') return false;
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    int value = *digit - '0';
    if (doubled) value = value > 4 ? value * 2 - 9 : value * 2;
    sum += value;
    doubled = !doubled;
  }
  return sum % 10 == 0;
}

}  // namespace sluice::recognise

#include "common/normalize/phone.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace sluice::normalize {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMemorySlots = 4096;
// A longer text is no phone number; libphonenumber stops at the same length.
constexpr size_t kLongestText = 250;
constexpr size_t kMobileDigits = 11;

// Second and third digit of the mainland mobile numbers (1xx) of which metadata 8.12.57 takes every
// number; the tests hold the table to libphonenumber. 174 is in part only, so it is not here.
constexpr std::array<uint16_t, 10> kMobilePrefixes = {0,
                                                      0,
                                                      0,
                                                      0b1111111111,
                                                      0b0010100000,
                                                      0b1111101111,
                                                      0b0011100100,
                                                      0b0111101111,
                                                      0b1111111111,
                                                      0b1111101111};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsMobile(const char* digits) {
  return digits[0] == '1' &&
         ((kMobilePrefixes[static_cast<size_t>(digits[1] - '0')] >> (digits[2] - '0')) & 1) != 0;
}

// The digits of a text that has nothing else but one leading plus, and between digits single spaces
// or hyphens.
struct Digits {
  std::array<char, 16> digits;
  size_t count = 0;
  bool plus = false;
  bool separated = false;
};

bool ReadDigits(std::string_view text, Digits& out) {
  size_t at = 0;
  if (!text.empty() && text[0] == '+') {
    out.plus = true;
    at = 1;
  }
  bool after_digit = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (IsDigit(c)) {
      if (out.count == out.digits.size()) return false;
      out.digits[out.count++] = c;
      after_digit = true;
      continue;
    }
    if ((c != ' ' && c != '-') || !after_digit) return false;
    out.separated = true;
    after_digit = false;
  }
  return after_digit;
}

bool NeededFormatting(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  return !std::all_of(text.begin(), text.end(), IsDigit);
}

ValueResult Accept(std::string_view value, bool formatted) {
  return ValueResult::Accept(value, formatted ? RepairSet{Repair::kPhoneFormatted} : RepairSet{});
}

// Chinese words for an extension become the one libphonenumber knows.
std::string WithKnownExtension(std::string_view text) {
  for (const std::string_view word : {"转分机", "分机号", "分机", "转"}) {
    const size_t at = text.find(word);
    if (at == std::string_view::npos || at == 0) continue;
    std::string_view rest = text.substr(at + word.size());
    while (!rest.empty() && !IsDigit(rest.front())) rest.remove_prefix(1);
    std::string_view number = text.substr(0, at);
    while (!number.empty() && (number.back() == '(' || number.back() == ' ')) {
      number.remove_suffix(1);
    }
    while (!rest.empty() && !IsDigit(rest.back())) rest.remove_suffix(1);
    std::string known(number);
    if (!rest.empty()) known.append(" ext. ").append(rest);
    return known;
  }
  return std::string(text);
}

}  // namespace

PhoneNormalizer::PhoneNormalizer(std::string_view region)
    : region_(region), memory_(new Remembered[kMemorySlots]) {}

PhoneNormalizer::~PhoneNormalizer() = default;

bool PhoneNormalizer::IsKnownRegion(std::string_view region) {
  return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(std::string(region)) != 0;
}

ValueResult PhoneNormalizer::Normalize(std::string_view text, std::string& buffer) {
  Digits read;
  if (ReadDigits(text, read)) {
    const char* digits = read.digits.data();
    size_t count = read.count;
    const bool coded = count == kMobileDigits + 2 && digits[0] == '8' && digits[1] == '6';
    if (coded && read.plus) {
      digits += 2;
      count -= 2;
    }
    const bool national = region_ == "CN" && !read.plus;
    if (count == kMobileDigits && (national || (coded && read.plus)) && IsMobile(digits)) {
      buffer.assign("+86").append(digits, kMobileDigits);
      return Accept(buffer, read.separated);
    }
  }
  if (text.size() > kLongestText) return ValueResult::Refuse(kInvalidPhone);
  Remembered& slot = memory_[std::hash<std::string_view>()(text) % kMemorySlots];
  if (slot.text != text || text.empty()) {
    slot.value = std::string(NormalizeFull(text, buffer).value);
    slot.text.assign(text);
  }
  if (slot.value.empty()) return ValueResult::Refuse(kInvalidPhone);
  buffer.assign(slot.value);
  return Accept(buffer, NeededFormatting(text));
}

ValueResult PhoneNormalizer::NormalizeFull(std::string_view text, std::string& buffer) const {
  if (text.empty() || text.size() > kLongestText) return ValueResult::Refuse(kInvalidPhone);
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const auto error = util.Parse(WithKnownExtension(text), region_, &number);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR || !util.IsValidNumber(number)) {
    return ValueResult::Refuse(kInvalidPhone);
  }
  std::string value;
  util.Format(number, PhoneNumberUtil::E164, &value);
  if (number.has_extension()) value.append(";ext=").append(number.extension());
  buffer = std::move(value);
  return Accept(buffer, NeededFormatting(text));
}

}  // namespace sluice::normalize

// The short ways give what the full ways give: 200,000 inputs each, and a million with
// SLUICE_FULL=1.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "common/normalize/email.h"
#include "common/normalize/phone.h"

namespace sluice::normalize {
namespace {

size_t Inputs() {
  const char* full = std::getenv("SLUICE_FULL");
  return full != nullptr && std::string_view(full) == "1" ? 1'000'000 : 200'000;
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  size_t Below(size_t limit) { return random_() % limit; }
  char Of(std::string_view alphabet) { return alphabet[Below(alphabet.size())]; }
  std::string Text(std::string_view alphabet, size_t least, size_t most) {
    std::string text(least + Below(most - least + 1), ' ');
    for (char& c : text) c = Of(alphabet);
    return text;
  }

 private:
  std::mt19937 random_;
};

void ExpectSame(const ValueResult& fast, const ValueResult& full, const std::string& text) {
  ASSERT_EQ(fast.valid, full.valid) << text;
  ASSERT_EQ(fast.value, full.value) << text;
  ASSERT_EQ(fast.repairs, full.repairs) << text;
  ASSERT_EQ(fast.code, full.code) << text;
}

constexpr std::string_view kDigits = "0123456789";

// Digits that are near a mainland mobile number.
std::string NearMobile(Generator& make) {
  std::string digits = make.Below(8) == 0
                           ? make.Text(kDigits, 3, 3)
                           : std::string("1") + make.Of("3456789") + make.Of(kDigits);
  const size_t rest = make.Below(12) == 0 ? make.Below(12) : 8;
  digits += make.Text(kDigits, rest, rest);
  return digits;
}

std::string PhoneText(Generator& make) {
  std::string text = NearMobile(make);
  switch (make.Below(10)) {
    case 0:
      text = "+86" + text;
      break;
    case 1:
      text = "+86 " + text;
      break;
    case 2:
      text = "86" + text;
      break;
    case 3:
      text = std::string("+") + text;
      break;
    case 4:
      text = "0" + text;
      break;
    case 5:
      text = "+86-" + text;
      break;
    default:
      break;
  }
  for (size_t n = make.Below(4); n > 0; --n) {
    text.insert(make.Below(text.size() + 1), 1, make.Of("  ---++.()x#"));
  }
  return text;
}

TEST(EqualityTest, PhonesAreTheSameTheShortWayAndTheFullWay) {
  Generator make(21);
  PhoneNormalizer phones;
  std::string fast_buffer;
  std::string full_buffer;
  const size_t inputs = Inputs();
  for (size_t i = 0; i < inputs; ++i) {
    const std::string text = PhoneText(make);
    const ValueResult fast = phones.Normalize(text, fast_buffer);
    const ValueResult full = phones.NormalizeFull(text, full_buffer);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(fast, full, text));
  }
}

TEST(EqualityTest, PhonesOfOtherRegionsAreTheSameToo) {
  Generator make(22);
  for (const char* region : {"US", "HK", "TW", "MO", "GB", "ZZ"}) {
    PhoneNormalizer phones(region);
    std::string fast_buffer;
    std::string full_buffer;
    for (size_t i = 0; i < Inputs() / 100; ++i) {
      const std::string text = PhoneText(make);
      const ValueResult fast = phones.Normalize(text, fast_buffer);
      const ValueResult full = phones.NormalizeFull(text, full_buffer);
      ASSERT_NO_FATAL_FAILURE(ExpectSame(fast, full, text));
    }
  }
}

std::string Domain(Generator& make) {
  std::string domain;
  for (size_t labels = 1 + make.Below(4); labels > 0; --labels) {
    if (make.Below(12) == 0) domain += make.Below(2) == 0 ? "xn--" : "XN--fiqs8s";
    domain += make.Text("abcXYZ019-", 1, make.Below(30) == 0 ? 70 : 6);
    if (labels > 1) domain += '.';
  }
  return domain;
}

std::string EmailText(Generator& make) {
  const size_t longest = make.Below(20) == 0 ? 70 : 12;
  std::string text = make.Text("abcXYZ019._+-'!", 1, longest) + "@" + Domain(make);
  for (size_t n = make.Below(6); n > 3; --n) {
    text.insert(make.Below(text.size() + 1), 1, make.Of("@.. -_<>\"(),;:\x01\x7f\xe4"));
  }
  if (make.Below(30) == 0) text = "mailto:" + text;
  if (make.Below(30) == 0) text = "X <" + text + ">";
  if (make.Below(40) == 0) text.insert(make.Below(text.size() + 1), "é");
  return text;
}

TEST(EqualityTest, EmailsAreTheSameTheShortWayAndTheFullWay) {
  Generator make(23);
  const EmailNormalizer emails;
  std::string fast_buffer;
  std::string full_buffer;
  size_t valid = 0;
  const size_t inputs = Inputs();
  for (size_t i = 0; i < inputs; ++i) {
    const std::string text = EmailText(make);
    const ValueResult fast = emails.Normalize(text, fast_buffer);
    const ValueResult full = emails.NormalizeFull(text, full_buffer);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(fast, full, text));
    valid += fast.valid ? 1 : 0;
  }
  EXPECT_GT(valid, inputs / 10);
  EXPECT_LT(valid, inputs - inputs / 10);
}

}  // namespace
}  // namespace sluice::normalize

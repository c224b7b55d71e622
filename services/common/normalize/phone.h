// The normal form of a phone number: E.164, with an extension as RFC 3966 writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// Numbers without a country code are of `region` (ISO 3166, "CN"). A number is valid when
// libphonenumber's metadata says so. libphonenumber takes 30 us a number, so mainland mobiles are
// decided by their digits, and other texts are remembered: the last 4,096 or so of them, with
// their answers. Thread-compatible.
class PhoneNormalizer {
 public:
  explicit PhoneNormalizer(std::string_view region = "CN");
  ~PhoneNormalizer();
  PhoneNormalizer(const PhoneNormalizer&) = delete;
  PhoneNormalizer& operator=(const PhoneNormalizer&) = delete;

  // The text has had the text repairs. An empty text is refused.
  ValueResult Normalize(std::string_view text, std::string& buffer);
  // The same without the short way and the memory.
  ValueResult NormalizeFull(std::string_view text, std::string& buffer) const;

  // True when libphonenumber knows the region.
  static bool IsKnownRegion(std::string_view region);

 private:
  struct Remembered {
    std::string text;
    std::string value;  // empty: refused
  };

  const std::string region_;
  const std::unique_ptr<Remembered[]> memory_;
};

}  // namespace sluice::normalize

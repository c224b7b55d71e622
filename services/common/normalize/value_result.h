// What came of bringing a text into the normal form of a type.
#pragma once

#include <string_view>

#include "common/normalize/repair.h"

namespace sluice::normalize {

// Refusal codes; see docs/cleaning.md.
inline constexpr std::string_view kInvalidEmail = "invalid_email";
inline constexpr std::string_view kInvalidPhone = "invalid_phone";
inline constexpr std::string_view kInvalidUrl = "invalid_url";
inline constexpr std::string_view kInvalidDomain = "invalid_domain";
inline constexpr std::string_view kTypeMismatch = "type_mismatch";

// `value` is the normal form: a view of the input, of the caller's buffer or of a constant.
struct ValueResult {
  bool valid = false;
  std::string_view value;  // empty when not valid
  RepairSet repairs;
  std::string_view code;  // why not valid, else empty

  static ValueResult Refuse(std::string_view code) { return {.code = code}; }
  static ValueResult Accept(std::string_view value, RepairSet repairs = {}) {
    return {.valid = true, .value = value, .repairs = repairs};
  }
};

}  // namespace sluice::normalize

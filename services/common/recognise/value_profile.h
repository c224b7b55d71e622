// What the values of a column are, counted over a sample of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::recognise {

struct ValueProfile {
  // Values looked at, and those that are not blank after the text repairs.
  uint32_t rows = 0;
  uint32_t filled = 0;
  // Among those that are not blank.
  uint32_t distinct = 0;
  uint32_t email = 0;
  uint32_t phone = 0;  // mobiles too
  uint32_t mobile = 0;
  uint32_t url = 0;
  uint32_t date = 0;
  uint32_t datetime = 0;  // with a time of day
  uint32_t integer = 0;
  uint32_t number = 0;  // integers too
  uint32_t currency = 0;
  uint32_t percentage = 0;
  uint32_t boolean = 0;
  uint32_t gender = 0;
  uint32_t resident_id = 0;
  uint32_t credit_code = 0;
  uint32_t bank_card = 0;
  uint32_t postal_code = 0;
  uint32_t person_name = 0;
  uint32_t company_name = 0;
  uint32_t address = 0;
  uint32_t province = 0;
  uint32_t city = 0;
  uint32_t code = 0;
  uint32_t long_text = 0;
  // Integers that are each one more than the value before.
  uint32_t ascending = 0;

  // 0 to 1; 0 when nothing is filled.
  double Share(uint32_t count) const {
    return filled == 0 ? 0 : static_cast<double>(count) / static_cast<double>(filled);
  }
  double Fill() const {
    return rows == 0 ? 0 : static_cast<double>(filled) / static_cast<double>(rows);
  }
};

// Column `index` of the sample. Rows may be shorter. Thread-safe.
ValueProfile Profile(std::span<const std::vector<std::string>> rows, size_t index);

}  // namespace sluice::recognise

#include "common/formats/plain_text.h"

#include <algorithm>
#include <cstdlib>

#include "common/spreadsheet/decimal_digits.h"

namespace sluice::formats {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// True for 000123 shown of 123: the format's digits are part of what is meant.
bool ShowsLeadingDigits(const spreadsheet::Cell& cell) {
  return cell.text.size() > cell.value.size() && cell.text.ends_with(cell.value) &&
         std::all_of(cell.text.begin(), cell.text.end(), IsDigit);
}

std::string_view PlainNumber(const spreadsheet::Cell& cell, std::string& buffer) {
  if (ShowsLeadingDigits(cell)) return cell.text;
  constexpr size_t kExactDigits = 15;
  const bool exponent = cell.value.find('e') != std::string_view::npos;
  if (!exponent && cell.value.size() <= kExactDigits) return cell.value;
  // Programs write ids that spreadsheets would cut: a double tells apart all integers up to 2^53.
  constexpr std::string_view kExactMax = "9007199254740992";
  if (cell.value.size() == kExactMax.size() && cell.value <= kExactMax &&
      std::all_of(cell.value.begin(), cell.value.end(), IsDigit)) {
    return cell.value;
  }
  buffer.clear();
  spreadsheet::AppendPlain(std::strtod(std::string(cell.value).c_str(), nullptr), buffer);
  return buffer;
}

}  // namespace

std::string_view PlainText(const spreadsheet::Cell& cell, std::string& buffer) {
  switch (cell.type) {
    case spreadsheet::CellType::kNumber:
      return PlainNumber(cell, buffer);
    case spreadsheet::CellType::kDate:
      if (cell.value.find('T') == std::string_view::npos) return cell.value;
      buffer = cell.value;
      buffer[buffer.find('T')] = ' ';
      return buffer;
    case spreadsheet::CellType::kDuration:
    case spreadsheet::CellType::kBoolean:
      return cell.text;
    case spreadsheet::CellType::kError:
      return {};
    default:
      return cell.value;
  }
}

}  // namespace sluice::formats

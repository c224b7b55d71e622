#include "common/formats/formula_guard.h"

#include <algorithm>

namespace sluice::formats {
namespace {

constexpr char kGuard = '\'';
constexpr std::string_view kRowsHeader[] = {"row",       "outcome",    "code",  "field",
                                            "other_row", "candidates", "issues"};

bool LooksLikeFormula(std::string_view value) {
  if (value.empty()) return false;
  switch (value.front()) {
    case '=':
    case '@':
    case '\t':
    case '\r':
    case '\n':
      return true;
    case '+':
    case '-':
      // A number, and so a phone in E.164, is what it seems.
      return value.find_first_not_of("0123456789.", 1) != std::string_view::npos;
    default:
      return value.starts_with("\xef\xbc\x9d") || value.starts_with("\xef\xbc\x8b") ||
             value.starts_with("\xef\xbc\x8d") || value.starts_with("\xef\xbc\xa0");
  }
}

}  // namespace

bool NeedsFormulaGuard(std::string_view value) {
  const size_t begin = value.find_first_not_of(kGuard);
  return begin != std::string_view::npos && LooksLikeFormula(value.substr(begin));
}

std::string_view WithoutFormulaGuard(std::string_view cell) {
  const bool guarded = cell.starts_with(kGuard) && NeedsFormulaGuard(cell);
  return guarded ? cell.substr(1) : cell;
}

bool IsGuardedHeader(std::span<const std::string> columns) {
  if (columns.size() > std::size(kRowsHeader) &&
      std::equal(std::begin(kRowsHeader), std::end(kRowsHeader), columns.begin())) {
    return true;
  }
  return columns.size() > 2 && columns.front() == "id" && columns.back() == "custom";
}

std::span<const std::string_view> RowsHeader() {
  return kRowsHeader;
}

}  // namespace sluice::formats

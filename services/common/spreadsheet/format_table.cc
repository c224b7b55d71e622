#include "common/spreadsheet/format_table.h"

namespace sluice::spreadsheet {

void FormatTable::AddStyle(uint32_t id) {
  const auto defined = codes_.find(id);
  std::string_view code = defined == codes_.end() ? BuiltinFormat(id) : defined->second;
  if (code.empty()) code = "General";
  styles_.push_back(Intern(code));
}

const NumberFormat* FormatTable::Intern(std::string_view code) {
  const auto found = by_code_.find(code);
  if (found != by_code_.end()) return found->second;
  formats_.emplace_back(code);
  by_code_.emplace(std::string(code), &formats_.back());
  return &formats_.back();
}

}  // namespace sluice::spreadsheet

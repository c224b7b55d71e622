#include "common/formats/result_columns.h"

#include <algorithm>

#include "common/formats/formula_guard.h"

namespace sluice::formats {

bool IsResultColumn(std::span<const std::string> columns, size_t index) {
  for (const ResultColumns& names : {kResultColumnsEnglish, kResultColumnsChinese}) {
    const std::string& column = columns[index];
    if (column == names.row || column == names.outcome || column == names.reason ||
        column == names.answer) {
      return true;
    }
  }
  const auto rows = RowsHeader();
  if (columns.size() <= rows.size() || !std::equal(rows.begin(), rows.end(), columns.begin())) {
    return false;
  }
  size_t own = rows.size();
  for (const std::string_view name : {kRowsSheet, kRowsAnswer}) {
    if (own < columns.size() && columns[own] == name) ++own;
  }
  return index < own;
}

}  // namespace sluice::formats

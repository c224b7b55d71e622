// The columns that Sluice adds to rows it gives back to be mended: they say where a row stood and
// what was wrong, and are no data when the file comes again.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice::formats {

// Of the workbook of `sluice rows --format xlsx`, behind those of the source.
struct ResultColumns {
  std::string_view row;
  std::string_view outcome;
  std::string_view reason;
};

inline constexpr ResultColumns kResultColumnsEnglish = {"Sluice row", "Sluice outcome",
                                                        "Sluice reason"};
inline constexpr ResultColumns kResultColumnsChinese = {"Sluice 行号", "Sluice 结果",
                                                        "Sluice 原因"};

// True for one of these, and for the seven with which the CSV of `sluice rows` begins.
bool IsResultColumn(std::span<const std::string> columns, size_t index);

}  // namespace sluice::formats

// The columns that Sluice adds to rows it gives back to be mended: they say where a row stood and
// what was wrong, and are no data when the file comes again.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice::formats {

// Of the workbook of `sluice rows --format xlsx`, behind those of the source. The last one, for
// what a person says of a row in review, is there when there are such rows.
struct ResultColumns {
  std::string_view row;
  std::string_view outcome;
  std::string_view reason;
  std::string_view answer;
};

inline constexpr ResultColumns kResultColumnsEnglish = {"Sluice row", "Sluice outcome",
                                                        "Sluice reason", "Sluice answer"};
inline constexpr ResultColumns kResultColumnsChinese = {"Sluice 行号", "Sluice 结果", "Sluice 原因",
                                                        "Sluice 回答"};

// Of the CSV of `sluice rows`, behind the seven: of an import of several sheets, and of one with
// rows in review.
inline constexpr std::string_view kRowsSheet = "sheet";
inline constexpr std::string_view kRowsAnswer = "answer";

// True for one of these, and for the seven (and two) with which the CSV of `sluice rows` begins.
bool IsResultColumn(std::span<const std::string> columns, size_t index);

}  // namespace sluice::formats

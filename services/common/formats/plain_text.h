// What a spreadsheet cell says, as plain text: what would stand in a CSV that loses nothing.
#pragma once

#include <string>
#include <string_view>

#include "common/spreadsheet/workbook.h"

namespace sluice::formats {

// A string as it is; a number in full, with at most 15 digits (integers: up to 2^53) and without an
// exponent where people write none (13800138000, not 1.38E+10), as it is shown when only the format
// gives it leading zeros; a date as YYYY-MM-DD[ HH:MM:SS[.fff]]; a duration as it is shown; an
// error is blank. The view is the cell's or the buffer's.
std::string_view PlainText(const spreadsheet::Cell& cell, std::string& buffer);

}  // namespace sluice::formats

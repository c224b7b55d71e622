// The apostrophe that keeps a spreadsheet from taking a cell for a formula, put on where Sluice
// writes CSV for people and taken off where such a file is read again. Exact both ways: a value
// that begins with an apostrophe before a formula gets one too.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::formats {

// True when the value must be written with an apostrophe before it: what stands behind its leading
// apostrophes begins with = + - @ (also full-width), a tab or a line break, and is no plain number
// (a phone in E.164 is one).
bool NeedsFormulaGuard(std::string_view value);

// The cell without the apostrophe that NeedsFormulaGuard asked for; a cell that has none stays.
std::string_view WithoutFormulaGuard(std::string_view cell);

// True for the header of a file that Sluice wrote: `sluice rows --format csv` begins with its seven
// columns, `sluice records --format csv` begins with id and ends with custom. Only their cells lose
// apostrophes: in other files they are what somebody typed.
bool IsGuardedHeader(std::span<const std::string> columns);

// The columns with which the CSV of `sluice rows` begins; those of the source follow.
std::span<const std::string_view> RowsHeader();

}  // namespace sluice::formats

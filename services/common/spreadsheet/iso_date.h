// Dates and times that files write as ISO 8601 text (Strict OOXML, .ods).
#pragma once

#include <optional>
#include <string_view>

#include "common/spreadsheet/serial_date.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

// YYYY-MM-DD, with T or a space and a time; or a time alone. A zone at the end is passed over: what
// the clock showed is what counts. `type` becomes kDate or kTime. False for anything else.
bool ParseIsoDate(std::string_view text, DateTime& date, CellType& type);

// PnDTnHnMn.nS as seconds, negative with a minus.
std::optional<double> ParseIsoDuration(std::string_view text);

// The serial a spreadsheet would keep; nothing for dates before its epoch.
std::optional<double> ToSerial(const DateTime& date, CellType type, Epoch epoch);

}  // namespace sluice::spreadsheet

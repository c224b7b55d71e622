// What a replay would do beside what the old plan would: for people in their language, for programs
// as one JSON object. On stdout.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "control/previewer.h"

namespace sluice::cli {

// One row that differs as a JSON object: sheet, row, and under `old` and `new` its outcome (null:
// the plan does not read it), code, field and changes.
std::string RowComparisonJson(const control::controlpb::RowComparison& row);

// `arguments`: verb and command line without --compare, for the command that confirms it.
void PrintComparison(const CommandContext& context, const control::controlpb::Preview& preview,
                     const std::vector<std::string>& arguments);

}  // namespace sluice::cli

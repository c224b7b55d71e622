// Where a command's workbook goes: a file, or stdout.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/spreadsheet/workbook_writer.h"

namespace sluice::cli {

// Where `--format` and `--output` say: InvalidArgument when they do not fit each other, or a
// workbook would go to a terminal.
absl::Status CheckOutput(bool workbook, const std::string& output);

// Writes the workbook to the file, which appears whole or not at all; to stdout when `output` is
// empty.
absl::Status WriteWorkbook(const std::string& output,
                           const std::function<absl::Status(spreadsheet::WorkbookWriter&)>& write);

}  // namespace sluice::cli

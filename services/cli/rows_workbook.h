// Rows to be mended, as a workbook: the columns of the source as they were, cells that are wrong
// coloured, and beside them what is wrong in words. Mended and imported again, the added columns
// are left out.
#pragma once

#include <string>

#include "cli/language.h"
#include "cli/listed_rows.h"

namespace sluice::cli {

// To the file `output`, or to stdout when that is empty. More rows than a sheet holds go on in
// further ones; a last sheet counts the reasons.
absl::Status WriteRowsWorkbook(ControlView& view, const control::ImportRecord& import,
                               const ListedRows& rows, Language language,
                               const std::string& output);

}  // namespace sluice::cli

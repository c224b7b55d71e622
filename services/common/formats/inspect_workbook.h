// Finds the table of a workbook: sheet, header row, columns.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/formats/inspect.h"
#include "common/formats/source_shape.h"

namespace sluice::formats {

// True for the first bytes of a container that workbooks come in.
bool MayBeWorkbook(std::string_view head);

// As Inspect. Without a wish the sheet is the first visible one that holds a table, else the first
// that holds one.
absl::StatusOr<SourceShape> InspectWorkbook(std::unique_ptr<base::ByteSource> source,
                                            std::string_view file_name,
                                            const InspectOptions& options);

// Reads the sheet to its end: what is damaged or hostile anywhere in it is refused before a row of
// it is imported.
absl::Status CheckWorkbook(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                           std::string_view file_name);

}  // namespace sluice::formats

// Opens the rows of a file whose shape is known.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/formats/row_reader.h"
#include "common/formats/source_shape.h"

namespace sluice::formats {

struct RowLimits {
  // Decoded bytes of a row without its line end; a larger one is given as kRowTooLarge.
  size_t row_bytes = size_t{256} * 1024;
};

// A default checkpoint starts at the first row after the header. Rows without a non-blank cell are
// stepped over and counted. What may differ from RFC 4180: line ends CRLF, LF or CR; a row has as
// many cells as it has; a quote inside an unquoted cell is itself; text after a closing quote is
// appended (`"a"b` is ab); `="0013"` is 0013; a first line `sep=;` is no row.
// For NDJSON the cells follow `shape.columns`: numbers as written, arrays as JSON text, null and
// absent keys blank, keys that are no column left out.
// Errors: InvalidArgument for a shape or checkpoint that cannot be, else the source's.
absl::StatusOr<std::unique_ptr<RowReader>> OpenRows(std::unique_ptr<base::ByteSource> source,
                                                    const SourceShape& shape,
                                                    const Checkpoint& from = {},
                                                    const RowLimits& limits = {});

}  // namespace sluice::formats

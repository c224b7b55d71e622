// Finds out what a file is: format, encoding, delimiter, sheet, header row, columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/formats/source_shape.h"

namespace sluice::formats {

// What a person knows better; unset is found out.
struct InspectOptions {
  std::optional<Encoding> encoding;
  std::optional<char> delimiter;
  std::optional<uint64_t> header_row;  // 0: the file has no header
  std::string sheet;                   // of a workbook: name, or number from 1
  std::string member;                  // of a zip archive: the file that is meant
  // Rows in SourceShape::sample_rows (of a workbook at most 200), and bytes of their cells beyond
  // which there are no more.
  size_t sample_rows = 5;
  size_t sample_bytes = size_t{1} << 20;
  // An answer in a moment, for a file of any size: at most this much is read of an NDJSON file for
  // its columns, in search of the first byte that is not ASCII, and of what is packed in .gz or
  // .zip (a workbook in there is read whole).
  uint64_t read_bytes_max = UINT64_MAX;
};

// What columns are judged by (plan::PlanRequest).
inline constexpr size_t kJudgedSampleRows = 200;

// Looks at samples from the head, the middle and the tail of a delimited file, and at all of an
// NDJSON file, whose columns are the keys of all objects in order of appearance (at most 1,024).
// Leaves the source at an unspecified offset. `file_name` is for messages and its suffix is a hint.
//
// InvalidArgument, with what is wrong, where, and what to do, in words for the file's owner: empty
// files, files of blank lines only, workbooks that are refused (spreadsheet/refusal.h), archives,
// images and other binary files, HTML, JSON documents that are not one object a line. A file
// without a recognisable header is no error.
absl::StatusOr<SourceShape> Inspect(base::ByteSource& source, std::string_view file_name,
                                    const InspectOptions& options = {});

// Reads through what can only be known to be sound at its end: workbooks. To be asked before the
// first row is imported. Refusals as above.
absl::Status CheckWhole(base::ByteSource& source, const SourceShape& shape,
                        std::string_view file_name);

}  // namespace sluice::formats

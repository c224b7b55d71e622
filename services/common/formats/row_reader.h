// The rows of a file, one at a time, in order, whatever its format.
//
// A reader holds a window of about a megabyte, however large the file is. Where a row starts can be
// written down as a Checkpoint, and a reader opened there (open_rows.h) gives exactly the rows that
// reading on would have given.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::formats {

// Where the next row starts.
struct Checkpoint {
  uint64_t source_offset = 0;  // bytes; a character border at which decoding can begin
  uint64_t skip_bytes = 0;     // bytes of decoded UTF-8 between there and the row; of a sheet: rows
  uint64_t row = 0;            // number of the last row before it

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// What a row may suffer from; `RowView::problem` is one of these, or empty.
inline constexpr std::string_view kInvalidJson = "invalid_json";
inline constexpr std::string_view kUnterminatedQuote = "unterminated_quote";
inline constexpr std::string_view kRowTooLarge = "row_too_large";

// What lies beneath the text of a cell that is no plain text.
struct CellForm {
  // CellType of record.proto; 0 = text.
  uint32_t type = 0;
  std::string_view raw;
  std::string_view number_format;
};

// One row. Views are UTF-8 and valid until the next Next().
struct RowView {
  std::span<const std::string_view> cells;
  // Of workbooks: one for each cell. Else none.
  std::span<const CellForm> forms;
  // The number a spreadsheet shows: from 1, blank rows and the header counted, the `sep=` line of
  // Excel not. For NDJSON the line.
  uint64_t row = 0;
  // Some bytes were not of the file's encoding; they are U+FFFD in the cells.
  bool undecodable = false;
  // A line of it was read as UTF-8, which the rest of the file is not.
  bool foreign = false;
  // Empty, or why the cells are not what the file's author meant. The row keeps its number. Cells
  // are empty, except with kUnterminatedQuote: there they are the fields of the row's first line,
  // and the next row is the next line.
  std::string_view problem;
};

// Thread-compatible.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // The next row with a non-blank cell or a problem; false at the end. An error is one of the
  // source.
  virtual absl::StatusOr<bool> Next(RowView& row) = 0;
  // Where the row after the last one given starts.
  virtual Checkpoint Position() const = 0;
};

}  // namespace sluice::formats

// The lossless cell layer: what a workbook holds, whatever its format. Values only: of a formula
// the cached result, of macros, pictures and charts nothing.
//
// A sheet is read as a stream. Memory does not grow with the rows of a sheet; shared strings beyond
// a budget go to a temporary file (limits.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::spreadsheet {

// In the order of CellType in record.proto.
enum class CellType : uint8_t { kString, kNumber, kBoolean, kDate, kTime, kDuration, kError };

// "string", "number", "boolean", "date", "time", "duration", "error".
std::string_view Name(CellType type);

// One cell that is not blank. All texts are UTF-8.
struct Cell {
  // From 0.
  uint32_t column = 0;
  CellType type = CellType::kString;
  // What the cell holds: a string itself; a number as the shortest decimal that reads back as the
  // same double; true or false; a date as YYYY-MM-DD, with THH:MM:SS[.fff] unless it is midnight
  // and the format shows no time; a time HH:MM:SS[.fff]; a duration in seconds; an error as its
  // text (#N/A).
  std::string_view value;
  // What a person sees in a column that is wide enough.
  std::string_view text;
  // As it stands in the file. Of .xls, whose numbers are binary, the same as `value`.
  std::string_view raw;
  // The format's code ("General", "yyyy-mm-dd"). Empty where the format has no codes (.ods).
  std::string_view number_format;
};

// One row. Views are valid until the next Next().
struct Row {
  // From 0.
  uint32_t row = 0;
  bool hidden = false;
  // In order of columns, one a column.
  std::span<const Cell> cells;
  // Columns, not in `cells`, of formulas whose result the file does not hold: what has written it
  // does not compute.
  std::span<const uint32_t> uncomputed;
};

enum class Visibility : uint8_t { kVisible, kHidden, kVeryHidden };

struct SheetInfo {
  std::string name;
  Visibility visibility = Visibility::kVisible;
};

// The rows of one sheet. Thread-compatible.
class SheetReader {
 public:
  virtual ~SheetReader() = default;
  // The next row that has a cell; false at the end. Row numbers rise.
  virtual absl::StatusOr<bool> Next(Row& row) = 0;
};

// Thread-compatible. One reader at a time; it must not outlive the workbook.
class Workbook {
 public:
  virtual ~Workbook() = default;
  // Worksheets in the order of their tabs. Charts and macro sheets are none.
  virtual const std::vector<SheetInfo>& sheets() const = 0;
  // `index` into sheets().
  virtual absl::StatusOr<std::unique_ptr<SheetReader>> OpenSheet(size_t index) = 0;
};

}  // namespace sluice::spreadsheet

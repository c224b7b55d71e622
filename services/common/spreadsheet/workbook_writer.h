// Writes .xlsx workbooks for people, row by row in flat memory (libxlsxwriter, constant memory).
//
// Every value is written as text: leading zeros and long numbers stay, and nothing is a formula,
// whatever it begins with. What a workbook cannot hold (ECMA-376, and Excel's own limits) is cut:
// texts beyond 32,767 UTF-16 units.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::spreadsheet {

// Rows of a sheet, the header among them (Excel).
inline constexpr uint32_t kSheetRowsMax = 1'048'576;
// Columns of a sheet.
inline constexpr uint32_t kSheetColumnsMax = 16'384;

enum class CellStyle : uint8_t { kPlain, kHeader, kNote, kRejected, kWarned };

struct WrittenCell {
  std::string_view text;
  CellStyle style = CellStyle::kPlain;
};

// Thread-compatible. Sheets and rows are written in order; a row once written is on its way.
class WorkbookWriter {
 public:
  // Makes the file at Finish; an error of the file system shows there.
  explicit WorkbookWriter(const std::string& path);
  ~WorkbookWriter();
  WorkbookWriter(const WorkbookWriter&) = delete;
  WorkbookWriter& operator=(const WorkbookWriter&) = delete;

  // The next sheet, with a frozen header row; widths in characters, by column. InvalidArgument for
  // a name that Excel does not take (31 characters, none of []:*?/\).
  absl::Status AddSheet(const std::string& name, std::span<const double> widths);
  // The next row of the sheet. OutOfRange beyond the last row or column of a sheet.
  absl::Status AddRow(std::span<const WrittenCell> cells);
  // Rows of the sheet so far.
  uint32_t rows() const { return row_; }
  // What who fills the column below the header is told, and the values that are offered (none:
  // any). Of values more than a list can hold (255 characters with commas) are left out.
  void Guide(uint16_t column, const std::string& title, const std::string& text,
             const std::vector<std::string>& values);
  absl::Status Finish();

 private:
  struct Book;

  const std::string path_;
  const std::unique_ptr<Book> book_;
  uint32_t row_ = 0;
  std::string text_;
};

}  // namespace sluice::spreadsheet

// One worksheet part of an .xlsx as rows.
#pragma once

#include <memory>
#include <string>

#include "common/spreadsheet/row_builder.h"
#include "common/spreadsheet/workbook.h"
#include "common/spreadsheet/xlsx_strings.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {

// Thread-compatible. Formats and strings outlive it.
class XlsxSheet : public SheetReader {
 public:
  // At most `given_max` bytes of cells are given.
  XlsxSheet(std::unique_ptr<ByteStream> text, const Limits& limits, const FormatTable& formats,
            Epoch epoch, SharedStrings& strings, uint64_t given_max);

  absl::StatusOr<bool> Next(Row& row) override;

 private:
  enum class CellKind : uint8_t { kNumber, kShared, kFormula, kInline, kBoolean, kError, kDate };

  // The element <row>, whose start was the last event; false after an error.
  bool ReadRow();
  bool ReadCell();
  bool ReadValue();
  bool AddCell(CellKind kind, uint32_t style);
  bool AddShared(uint32_t style);
  bool Fail(absl::Status status);

  const std::unique_ptr<ByteStream> text_;
  const Limits limits_;
  XmlScanner xml_;
  RowBuilder builder_;
  SharedStrings& strings_;
  const uint64_t given_max_;
  bool in_data_ = false;
  bool done_ = false;
  // Rows and columns from 0; the next one that has no number of its own.
  uint32_t next_row_ = 0;
  uint32_t next_column_ = 0;
  uint32_t row_ = 0;
  uint32_t column_ = 0;
  bool hidden_ = false;
  std::string value_;
  std::string inline_text_;
  bool has_inline_ = false;
  bool has_formula_ = false;
  std::vector<uint32_t> uncomputed_;
  absl::Status status_;
};

// A cell's name ("BC12") as column and row from 0; false when it is none.
bool ParseCellName(std::string_view name, uint32_t& column, uint32_t& row);

}  // namespace sluice::spreadsheet

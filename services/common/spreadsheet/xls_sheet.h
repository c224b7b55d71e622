// One worksheet of an .xls as rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/spreadsheet/biff_records.h"
#include "common/spreadsheet/code_page.h"
#include "common/spreadsheet/row_builder.h"
#include "common/spreadsheet/string_table.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

// What a sheet needs of its workbook, which outlives it.
struct XlsContext {
  BiffRecords& records;
  const FormatTable& formats;
  StringTable& strings;
  CodePage& code_page;
  Epoch epoch;
  // BIFF 8.
  bool unicode;
  // Bytes of cells that may be given.
  uint64_t given_max;
};

// Thread-compatible.
class XlsSheet : public SheetReader {
 public:
  // The records stand behind the sheet's BOF.
  explicit XlsSheet(const XlsContext& context);

  absl::StatusOr<bool> Next(Row& row) override;

 private:
  // The cell or cells of the record at hand.
  absl::Status ReadCells();
  // A string cell: its length stands at this byte of the record at hand, the text behind it.
  absl::Status AddText(uint32_t column, uint32_t style, size_t at);
  absl::Status ReadFormula();
  absl::Status ReadLabel();
  absl::Status ReadShared();
  void ReadMany();
  // Reads on to the next record of cells; false at the end of the sheet.
  absl::StatusOr<bool> NextCellRecord();

  const XlsContext context_;
  RowBuilder builder_;
  std::vector<bool> hidden_;
  // The record at hand was not read yet.
  bool waiting_ = false;
  // Streams in this one: charts.
  int inner_ = 0;
  bool ended_ = false;
  std::string text_;
};

}  // namespace sluice::spreadsheet

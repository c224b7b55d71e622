// The rows of a sheet of a workbook.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/formats/open_rows.h"
#include "common/formats/row_reader.h"
#include "common/spreadsheet/text_arena.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::formats {

// A checkpoint counts rows in `skip_bytes` and is met again by reading from the start: a sheet is
// one packed stream. Rows have at least as many cells as the shape has columns. Thread-compatible.
class WorkbookReader : public RowReader {
 public:
  WorkbookReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                 const RowLimits& limits);

  // Goes to the checkpoint; a default one is the first row after the header. Call once, first.
  absl::Status Start(const SourceShape& shape, const Checkpoint& from);

  absl::StatusOr<bool> Next(RowView& row) override;
  Checkpoint Position() const override;

 private:
  void Describe(const spreadsheet::Row& row, RowView& view);

  const size_t columns_;
  const size_t row_bytes_;
  std::unique_ptr<base::ByteSource> source_;
  std::unique_ptr<spreadsheet::Workbook> workbook_;
  std::unique_ptr<spreadsheet::SheetReader> sheet_;
  // Rows of the sheet that were read, and the number of the last.
  uint64_t taken_ = 0;
  uint64_t row_ = 0;
  std::vector<std::string_view> cells_;
  std::vector<CellForm> forms_;
  spreadsheet::TextArena texts_;
  std::string buffer_;
};

}  // namespace sluice::formats

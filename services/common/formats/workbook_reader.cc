#include "common/formats/workbook_reader.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/formats/plain_text.h"
#include "common/formats/record_splitter.h"
#include "common/spreadsheet/open_workbook.h"

namespace sluice::formats {

WorkbookReader::WorkbookReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                               const RowLimits& limits)
    : columns_(shape.columns.size()), row_bytes_(limits.row_bytes), source_(std::move(source)) {}

absl::Status WorkbookReader::Start(const SourceShape& shape, const Checkpoint& from) {
  SLUICE_ASSIGN_OR_RETURN(workbook_, spreadsheet::OpenWorkbook(std::move(source_)));
  size_t index = 0;
  while (index < workbook_->sheets().size() && workbook_->sheets()[index].name != shape.sheet) {
    ++index;
  }
  if (index == workbook_->sheets().size()) {
    return absl::InvalidArgumentError("the workbook has no such sheet");
  }
  SLUICE_ASSIGN_OR_RETURN(sheet_, workbook_->OpenSheet(index));
  spreadsheet::Row row;
  if (from != Checkpoint{}) {
    while (taken_ < from.skip_bytes) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, sheet_->Next(row));
      if (!more) return absl::InvalidArgumentError("the checkpoint lies past the end of the sheet");
      ++taken_;
      row_ = row.row + 1;
    }
    return absl::OkStatus();
  }
  while (row_ < shape.header_row) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, sheet_->Next(row));
    if (!more) break;
    ++taken_;
    row_ = row.row + 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> WorkbookReader::Next(RowView& view) {
  spreadsheet::Row row;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, sheet_->Next(row));
    if (!more) return false;
    ++taken_;
    row_ = row.row + 1;
    Describe(row, view);
    if (!view.problem.empty() || !IsBlank(view.cells)) return true;
  }
}

void WorkbookReader::Describe(const spreadsheet::Row& row, RowView& view) {
  view = RowView{.row = row_};
  size_t bytes = 0;
  for (const spreadsheet::Cell& cell : row.cells) {
    bytes += cell.value.size() + cell.raw.size() + 8;
  }
  if (bytes > row_bytes_) {
    view.problem = kRowTooLarge;
    return;
  }
  const size_t width =
      std::max<size_t>(columns_, row.cells.empty() ? 0 : row.cells.back().column + size_t{1});
  cells_.assign(width, {});
  forms_.assign(width, {});
  texts_.Clear();
  for (const spreadsheet::Cell& cell : row.cells) {
    const std::string_view text = PlainText(cell, buffer_);
    cells_[cell.column] = text.data() == buffer_.data() ? texts_.Add(text) : text;
    if (cell.type == spreadsheet::CellType::kString) continue;
    forms_[cell.column] = {static_cast<uint32_t>(cell.type), cell.raw, cell.number_format};
  }
  // An error without a text.
  for (const uint32_t column : row.uncomputed) {
    if (column < width) {
      forms_[column] = {static_cast<uint32_t>(spreadsheet::CellType::kError), {}, {}};
    }
  }
  view.cells = cells_;
  view.forms = forms_;
}

Checkpoint WorkbookReader::Position() const {
  return {.source_offset = 0, .skip_bytes = taken_, .row = row_};
}

}  // namespace sluice::formats

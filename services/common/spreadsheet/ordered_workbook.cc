#include "common/spreadsheet/ordered_workbook.h"

#include <map>
#include <string>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

constexpr uint64_t kSmallFile = uint64_t{2} << 20;
constexpr uint64_t kSortedBytes = uint64_t{64} << 20;

struct OwnedCell {
  CellType type = CellType::kString;
  std::string value;
  std::string text;
  std::string raw;
  std::string number_format;
};

struct OwnedRow {
  bool hidden = false;
  std::map<uint32_t, OwnedCell> cells;
};

// A sheet in memory, by row and column.
class SortedSheet : public SheetReader {
 public:
  // Of two cells in one place the later one.
  absl::Status Add(const Row& row) {
    OwnedRow& owned = rows_[row.row];
    owned.hidden = row.hidden;
    for (const Cell& cell : row.cells) {
      owned.cells[cell.column] = {cell.type, std::string(cell.value), std::string(cell.text),
                                  std::string(cell.raw), std::string(cell.number_format)};
      bytes_ += sizeof(OwnedCell) + 64 + cell.value.size() + cell.text.size() + cell.raw.size();
    }
    if (bytes_ <= kSortedBytes) return absl::OkStatus();
    return Refuse(Refusal::kCorrupt, "the rows of a large sheet are not in order");
  }

  absl::StatusOr<bool> Next(Row& row) override {
    if (begun_) rows_.erase(rows_.begin());
    begun_ = true;
    if (rows_.empty()) return false;
    cells_.clear();
    for (const auto& [column, cell] : rows_.begin()->second.cells) {
      cells_.push_back({column, cell.type, cell.value, cell.text, cell.raw, cell.number_format});
    }
    row = {rows_.begin()->first, rows_.begin()->second.hidden, cells_};
    return true;
  }

 private:
  std::map<uint32_t, OwnedRow> rows_;
  std::vector<Cell> cells_;
  uint64_t bytes_ = 0;
  bool begun_ = false;
};

// Gives rows as long as their numbers rise.
class RisingSheet : public SheetReader {
 public:
  explicit RisingSheet(std::unique_ptr<SheetReader> sheet) : sheet_(std::move(sheet)) {}

  absl::StatusOr<bool> Next(Row& row) override {
    SLUICE_ASSIGN_OR_RETURN(const bool more, sheet_->Next(row));
    if (!more) return false;
    if (row.row < least_) {
      return Refuse(Refusal::kCorrupt, "the rows of a large sheet are not in order");
    }
    least_ = uint64_t{row.row} + 1;
    return true;
  }

 private:
  const std::unique_ptr<SheetReader> sheet_;
  uint64_t least_ = 0;
};

absl::StatusOr<bool> RowsRise(SheetReader& sheet) {
  Row row;
  uint64_t least = 0;
  bool rise = true;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, sheet.Next(row));
    if (!more) return rise;
    rise = rise && row.row >= least;
    least = uint64_t{row.row} + 1;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SheetReader>> OrderedWorkbook::OpenSheet(size_t index) {
  if (size_ <= kSmallFile) {
    SLUICE_ASSIGN_OR_RETURN(auto first, workbook_->OpenSheet(index));
    SLUICE_ASSIGN_OR_RETURN(const bool rise, RowsRise(*first));
    if (!rise) {
      auto sorted = std::make_unique<SortedSheet>();
      SLUICE_ASSIGN_OR_RETURN(auto again, workbook_->OpenSheet(index));
      Row row;
      while (true) {
        SLUICE_ASSIGN_OR_RETURN(const bool more, again->Next(row));
        if (!more) return std::unique_ptr<SheetReader>(std::move(sorted));
        SLUICE_RETURN_IF_ERROR(sorted->Add(row));
      }
    }
  }
  SLUICE_ASSIGN_OR_RETURN(auto sheet, workbook_->OpenSheet(index));
  return std::make_unique<RisingSheet>(std::move(sheet));
}

}  // namespace sluice::spreadsheet

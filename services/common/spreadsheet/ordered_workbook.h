// Rows in order, whatever the order they stand in: some writers put them as they come, or one row
// in two places.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

// Reads the sheets of a small file through before it gives their first row, so damage shows before
// any row too; a sheet whose rows are in disorder is put in order in memory. A large file with such
// a sheet is refused where the disorder begins. Thread-compatible.
class OrderedWorkbook : public Workbook {
 public:
  // `size`: of the file.
  OrderedWorkbook(std::unique_ptr<Workbook> workbook, uint64_t size)
      : workbook_(std::move(workbook)), size_(size) {}

  const std::vector<SheetInfo>& sheets() const override { return workbook_->sheets(); }
  absl::StatusOr<std::unique_ptr<SheetReader>> OpenSheet(size_t index) override;

 private:
  const std::unique_ptr<Workbook> workbook_;
  const uint64_t size_;
};

}  // namespace sluice::spreadsheet

// .ods (OpenDocument 1.x spreadsheets).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/spreadsheet/ods_sheet.h"
#include "common/spreadsheet/workbook.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::spreadsheet {

// True for a container that holds a document of OpenOffice's family.
bool IsOpenDocument(const ZipContainer& zip);

// All sheets are one part. Opening one reads past those before it; who opens them in order, each
// once or twice, reads the part once or twice. Thread-compatible.
class OdsWorkbook : public Workbook {
 public:
  // Refused: other documents, encrypted ones.
  static absl::StatusOr<std::unique_ptr<Workbook>> Open(std::unique_ptr<ZipContainer> zip,
                                                        const Limits& limits);

  const std::vector<SheetInfo>& sheets() const override { return sheets_; }
  absl::StatusOr<std::unique_ptr<SheetReader>> OpenSheet(size_t index) override;

 private:
  OdsWorkbook(std::unique_ptr<ZipContainer> zip, const Limits& limits)
      : zip_(std::move(zip)), limits_(limits) {}
  absl::Status CheckKind();
  absl::Status ListSheets();
  // One that has not come to the sheet yet, and that nobody reads.
  absl::StatusOr<std::shared_ptr<OdsContent>> ContentBefore(size_t index);

  const std::unique_ptr<ZipContainer> zip_;
  const Limits limits_;
  std::vector<SheetInfo> sheets_;
  // As far as it was read: whoever looks a sheet through first, and then reads it, needs two.
  std::array<std::shared_ptr<OdsContent>, 2> contents_;
};

}  // namespace sluice::spreadsheet

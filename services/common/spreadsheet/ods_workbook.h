// .ods (OpenDocument 1.x spreadsheets).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/spreadsheet/workbook.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::spreadsheet {

// True for a container that holds a document of OpenOffice's family.
bool IsOpenDocument(const ZipContainer& zip);

// All sheets are one part: opening one reads past those before it. Thread-compatible.
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

  const std::unique_ptr<ZipContainer> zip_;
  const Limits limits_;
  std::vector<SheetInfo> sheets_;
};

}  // namespace sluice::spreadsheet

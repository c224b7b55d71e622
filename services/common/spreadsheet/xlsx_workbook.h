// .xlsx and .xlsm (ECMA-376, Transitional and Strict).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/spreadsheet/format_table.h"
#include "common/spreadsheet/workbook.h"
#include "common/spreadsheet/xlsx_package.h"
#include "common/spreadsheet/xlsx_strings.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::spreadsheet {

// Shared strings are read as the cells of a sheet ask for them, and to their end with its last row.
// Thread-compatible.
class XlsxWorkbook : public Workbook {
 public:
  static absl::StatusOr<std::unique_ptr<Workbook>> Open(std::unique_ptr<ZipContainer> zip,
                                                        const Limits& limits);

  const std::vector<SheetInfo>& sheets() const override { return sheets_; }
  absl::StatusOr<std::unique_ptr<SheetReader>> OpenSheet(size_t index) override;

 private:
  XlsxWorkbook(std::unique_ptr<ZipContainer> zip, const Limits& limits)
      : zip_(std::move(zip)), limits_(limits) {}
  absl::Status ReadWorkbook(const std::string& part);
  absl::Status AddSheet(const SheetInfo& sheet, const std::string& id);
  absl::Status TakePart(const SheetInfo& sheet, const std::string& part);
  absl::Status ReadStyles();
  absl::Status OpenStrings();
  // The part of a kind, by relationship or by its usual name; empty when there is none.
  std::string PartOfKind(std::string_view kind, std::string_view usual) const;

  const std::unique_ptr<ZipContainer> zip_;
  const Limits limits_;
  std::vector<Relationship> relationships_;
  // Folder of the workbook's part, with its slash.
  std::string folder_;
  std::vector<SheetInfo> sheets_;
  std::vector<std::string> sheet_parts_;
  // Their names as names are compared: each part is one sheet's.
  std::set<std::string> taken_parts_;
  Epoch epoch_ = Epoch::k1900;
  FormatTable formats_;
  std::unique_ptr<SharedStrings> strings_;
};

}  // namespace sluice::spreadsheet

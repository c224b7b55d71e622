// .xls: BIFF 8 (Excel 97 to 2003) and BIFF 5 (Excel 5 and 95), from their compound file or bare.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/spreadsheet/biff_records.h"
#include "common/spreadsheet/code_page.h"
#include "common/spreadsheet/compound_file.h"
#include "common/spreadsheet/format_table.h"
#include "common/spreadsheet/string_table.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

// Thread-compatible.
class XlsWorkbook : public Workbook {
 public:
  // `bytes_max`: of cells that a sheet may give.
  static absl::StatusOr<std::unique_ptr<Workbook>> Open(std::unique_ptr<base::ByteSource> source,
                                                        const Limits& limits);

  const std::vector<SheetInfo>& sheets() const override { return sheets_; }
  absl::StatusOr<std::unique_ptr<SheetReader>> OpenSheet(size_t index) override;

 private:
  explicit XlsWorkbook(const Limits& limits) : limits_(limits), strings_(limits) {}
  absl::Status OpenStream(std::unique_ptr<base::ByteSource> source);
  absl::Status ReadGlobals();
  absl::Status ReadGlobal();
  absl::Status AddSheet();
  absl::Status ReadStrings();
  // Of a font.
  void TakeCharset(uint8_t charset);
  void AddFormat();

  const Limits limits_;
  std::unique_ptr<CompoundFile> file_;
  std::unique_ptr<BiffRecords> records_;
  uint64_t size_ = 0;
  bool unicode_ = true;
  Epoch epoch_ = Epoch::k1900;
  CodePage code_page_;
  bool code_page_known_ = false;
  FormatTable formats_;
  StringTable strings_;
  std::vector<SheetInfo> sheets_;
  std::vector<uint64_t> sheet_places_;
};

}  // namespace sluice::spreadsheet

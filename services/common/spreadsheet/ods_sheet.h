// One table of an OpenDocument spreadsheet as rows.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/spreadsheet/row_builder.h"
#include "common/spreadsheet/workbook.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {

// document-content, body, spreadsheet, table.
inline constexpr size_t kTableDepth = 4;

// The part that all tables are in, read so far.
struct OdsContent {
  OdsContent(std::unique_ptr<ByteStream> bytes, const Limits& limits)
      : text(std::move(bytes)), xml(*text, limits) {}

  const std::unique_ptr<ByteStream> text;
  XmlScanner xml;
  // That have begun.
  size_t tables = 0;
};

// Thread-compatible.
class OdsSheet : public SheetReader {
 public:
  // At most `given_max` bytes of cells are given. Nobody else reads the content meanwhile.
  OdsSheet(std::shared_ptr<OdsContent> content, const Limits& limits, uint64_t given_max);

  // Goes to the table with this number, which has not begun. Call once, first.
  absl::Status Find(size_t index);
  absl::StatusOr<bool> Next(Row& row) override;

 private:
  // The element of a row, a cell or a paragraph, whose start was the last event; false after an
  // error.
  bool ReadRow();
  bool ReadCell();
  bool ReadParagraph();
  bool AddCell();
  bool Fail(absl::Status status);

  const std::shared_ptr<OdsContent> content_;
  XmlScanner& xml_;
  const Limits limits_;
  const uint64_t given_max_;
  const FormatTable formats_;
  RowBuilder builder_;
  bool ended_ = false;
  uint64_t next_row_ = 0;
  uint64_t column_ = 0;
  // How often the row at hand, and the cell at hand, stand in the sheet.
  uint64_t row_repeats_ = 0;
  uint64_t row_bytes_ = 0;
  uint64_t given_bytes_ = 0;
  uint64_t cell_repeats_ = 0;
  bool hidden_ = false;
  // Of the cell at hand.
  std::string kind_;
  std::string value_;
  std::string shown_;
  bool has_paragraph_ = false;
  bool error_ = false;
  absl::Status status_;
};

}  // namespace sluice::spreadsheet

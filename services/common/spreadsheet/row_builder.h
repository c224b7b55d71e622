// Builds the cells of a row from what a file holds: value, displayed text and type by the number
// format.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/spreadsheet/format_table.h"
#include "common/spreadsheet/text_arena.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

// Thread-compatible. The table outlives it. Texts given to it are copied, unless it says otherwise.
class RowBuilder {
 public:
  RowBuilder(const FormatTable& formats, Epoch epoch) : formats_(formats), epoch_(epoch) {}

  // Begins a row.
  void Clear();
  bool empty() const { return cells_.empty(); }
  // In order of columns; of several cells of one column the last.
  std::span<const Cell> Finish();
  // Bytes of all cells given so far.
  uint64_t given_bytes() const { return given_bytes_; }

  // An empty string is no cell. `text` must live as long as the row.
  void AddLastingString(uint32_t column, std::string_view text, uint32_t style);
  void AddString(uint32_t column, std::string_view text, uint32_t style);
  // As the file writes it; what is no number is a string.
  void AddNumber(uint32_t column, std::string_view raw, uint32_t style);
  void AddDouble(uint32_t column, double value, uint32_t style);
  void AddBoolean(uint32_t column, bool value, uint32_t style);
  void AddError(uint32_t column, std::string_view text, uint32_t style);
  // A date or time as ISO 8601 text; what is none is a string.
  void AddIsoDate(uint32_t column, std::string_view text, uint32_t style);
  // A cell whose parts the caller knows; views are copied.
  void AddCell(const Cell& cell);

 private:
  void Add(const Cell& cell);
  void AddValue(uint32_t column, double value, std::string_view raw, uint32_t style);

  const FormatTable& formats_;
  const Epoch epoch_;
  TextArena arena_;
  std::vector<Cell> cells_;
  std::string scratch_;
  bool sorted_ = true;
  uint64_t given_bytes_ = 0;
};

}  // namespace sluice::spreadsheet

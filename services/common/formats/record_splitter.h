// Splits delimited text into records and cells, in place.
//
// The dialect: cells end at the delimiter, records at CRLF, LF or CR. A cell that begins with the
// quote runs to the next single quote, whatever is between; doubled quotes are one; what follows
// the closing quote up to the delimiter is appended. A quote elsewhere is itself. `="..."` is its
// text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::formats {

enum class SplitResult : uint8_t {
  kRecord,     // a record is in cells()
  kNeedMore,   // the text ends inside a record, and is not the last
  kOpenQuote,  // the text is the last and ends inside a quoted cell
  kEnd,        // the text is the last and there is no further record
};

// Thread-compatible. The text belongs to the caller, stays where it is until the next Reset, has 64
// readable bytes after its end, and is changed where a quoted cell must be unescaped.
class RecordSplitter {
 public:
  // `quote` 0 switches quoting off.
  RecordSplitter(char delimiter, char quote);

  // Starts at the beginning of a record. `last`: nothing follows the text.
  void Reset(char* text, size_t size, bool last);

  // Splits the next record. After kNeedMore and kOpenQuote the text from offset() on is as it was.
  // `quotes` false: for this record quotes are like any other character.
  SplitResult Next(bool quotes = true);

  // The record's cells; valid until the next call.
  std::span<const std::string_view> cells() const { return {cells_.data(), cell_count_}; }
  // Where the record split last began and, without its line end, ended.
  size_t record_begin() const { return record_begin_; }
  size_t record_end() const { return record_end_; }
  // Where the next record begins.
  size_t offset() const { return offset_; }
  // Cells of the last record in which text followed a closing quote: a sign of a wrong dialect.
  size_t messy_cells() const { return messy_cells_; }

 private:
  enum class CellEnd : uint8_t { kDelimiter, kLineEnd, kTextEnd, kOpenQuote };

  // Adds the cells from `begin` on whose first mark is a delimiter: they are as they stand. Returns
  // where the first other cell begins.
  size_t TakePlainCells(size_t begin);
  // Steps to the next mark at or after the last one; false at the end of the text.
  bool NextMark(size_t& at);
  CellEnd FindCellEnd(size_t begin, bool quotes, size_t& end);
  CellEnd FindQuotedCellEnd(size_t begin, size_t& end);
  void AddCell(std::string_view cell);
  void UnescapeLater(size_t begin, size_t end);
  // Completes the cells whose text differs from the file's.
  void Unescape();
  // Length of the line end at `at`; 0 when more text is needed to tell.
  size_t LineEndLength(size_t at) const;

  const char delimiter_;
  const char quote_;
  char* text_ = nullptr;
  size_t size_ = 0;
  bool last_ = true;
  std::vector<uint64_t> marks_;
  size_t words_ = 0;
  size_t word_ = 0;
  uint64_t bits_ = 0;

  size_t offset_ = 0;
  size_t record_begin_ = 0;
  size_t record_end_ = 0;
  size_t messy_cells_ = 0;
  std::vector<std::string_view> cells_;  // grows only; cell_count_ of them are the record's
  size_t cell_count_ = 0;
  std::vector<size_t> escaped_;  // indexes in cells_ of raw cells to unescape
  bool closed_messy_ = false;    // the cell found last was quoted and is not plainly so
  bool literal_quote_ = false;   // the cell found last was not quoted and holds a quote
};

// The length, with its line end, of the line `sep=X` that Excel understands at the start of a file;
// 0 when there is none.
size_t SeparatorLineLength(std::string_view text, char* delimiter);

// True when the cell is empty or white space only.
bool IsBlank(std::string_view cell);
bool IsBlank(std::span<const std::string_view> cells);

}  // namespace sluice::formats

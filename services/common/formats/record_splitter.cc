#include "common/formats/record_splitter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/formats/mark_finder.h"

namespace sluice::formats {
namespace {

// No byte of UTF-8, so it is never met.
constexpr char kNoQuote = '\xFF';

// Doubled quotes inside the first quoted part become one, text after the closing quote is kept as
// it is. `raw` begins with the quote. Returns the new length; the text moves to raw's start.
size_t UnescapeQuoted(char* raw, size_t size, char quote) {
  char* out = raw;
  size_t at = 1;
  while (at < size) {
    if (raw[at] == quote) {
      if (at + 1 < size && raw[at + 1] == quote) {
        ++at;
      } else {
        ++at;
        break;
      }
    }
    *out++ = raw[at++];
  }
  std::memmove(out, raw + at, size - at);
  return static_cast<size_t>(out - raw) + (size - at);
}

// Excel writes ="0013" to keep leading zeros. True when `cell` is that and nothing else.
bool IsTextFormula(std::string_view cell, char quote) {
  if (cell.size() < 3 || cell[0] != '=' || cell[1] != quote || cell.back() != quote) return false;
  const std::string_view inner = cell.substr(2, cell.size() - 3);
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != quote) continue;
    if (i + 1 >= inner.size() || inner[i + 1] != quote) return false;
    ++i;
  }
  return true;
}

// Length of the white space character at the start of `text`; 0 when it is another.
size_t WhiteSpaceLength(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned char lead = byte(0);
  if (lead == ' ' || (lead >= 9 && lead <= 13)) return 1;
  if (lead == 0xC2) return byte(1) == 0x85 || byte(1) == 0xA0 ? 2 : 0;
  const unsigned low = byte(1) << 8 | byte(2);
  if (lead == 0xE1) return low == 0x9A80 ? 3 : 0;
  if (lead == 0xE3) return low == 0x8080 ? 3 : 0;
  if (lead != 0xE2) return 0;
  const bool space = (low >= 0x8080 && low <= 0x808A) || low == 0x80A8 || low == 0x80A9 ||
                     low == 0x80AF || low == 0x819F;
  return space ? 3 : 0;
}

}  // namespace

RecordSplitter::RecordSplitter(char delimiter, char quote)
    : delimiter_(delimiter), quote_(quote == 0 ? kNoQuote : quote), cells_(64) {}

void RecordSplitter::Reset(char* text, size_t size, bool last) {
  text_ = text;
  size_ = size;
  last_ = last;
  words_ = (size + 63) / 64;
  if (marks_.size() < words_) marks_.resize(words_);
  FindMarks(text, size, delimiter_, quote_, marks_.data());
  word_ = 0;
  bits_ = words_ == 0 ? 0 : marks_[0];
  offset_ = record_begin_ = record_end_ = 0;
  cell_count_ = 0;
}

inline bool RecordSplitter::NextMark(size_t& at) {
  while (bits_ == 0) [[unlikely]] {
      if (word_ + 1 >= words_) return false;
      bits_ = marks_[++word_];
    }
  at = word_ * 64 + static_cast<size_t>(std::countr_zero(bits_));
  bits_ &= bits_ - 1;
  return true;
}

inline size_t RecordSplitter::LineEndLength(size_t at) const {
  if (text_[at] == '\n') return 1;
  if (at + 1 < size_) return text_[at + 1] == '\n' ? 2 : 1;
  return last_ ? 1 : 0;
}

// The state is kept in locals: through the members the compiler would have to assume that every
// cell written changes it.
size_t RecordSplitter::TakePlainCells(size_t begin) {
  const char* const text = text_;
  const uint64_t* const marks = marks_.data();
  size_t word = word_;
  uint64_t bits = bits_;
  size_t count = cell_count_;
  std::string_view* cells = cells_.data();
  size_t room = cells_.size();
  while (true) {
    while (bits == 0 && word + 1 < words_) bits = marks[++word];
    if (bits == 0) break;
    const size_t end = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    if (text[end] != delimiter_) break;
    bits &= bits - 1;
    if (count == room) [[unlikely]] {
      cells_.resize(2 * room);
      cells = cells_.data();
      room = cells_.size();
    }
    cells[count++] = {text + begin, end - begin};
    begin = end + 1;
  }
  word_ = word;
  bits_ = bits;
  cell_count_ = count;
  return begin;
}

inline RecordSplitter::CellEnd RecordSplitter::FindCellEnd(size_t begin, bool quotes, size_t& end) {
  literal_quote_ = false;
  while (NextMark(end)) {
    const char c = text_[end];
    if (c == delimiter_) return CellEnd::kDelimiter;
    if (c != quote_) return CellEnd::kLineEnd;
    if (!quotes) continue;
    if (end == begin) return FindQuotedCellEnd(begin, end);
    literal_quote_ = true;
  }
  end = size_;
  return CellEnd::kTextEnd;
}

RecordSplitter::CellEnd RecordSplitter::FindQuotedCellEnd(size_t begin, size_t& end) {
  closed_messy_ = false;
  bool open = true;
  size_t closed_at = begin;
  while (NextMark(end)) {
    const char c = text_[end];
    if (open) {
      if (c != quote_) continue;
      if (end + 1 < size_ && text_[end + 1] == quote_) {
        closed_messy_ = true;
        NextMark(end);
        continue;
      }
      open = false;
      closed_at = end;
      continue;
    }
    if (c == quote_) continue;
    if (closed_at + 1 != end) {
      closed_messy_ = true;
      ++messy_cells_;
    }
    return c == delimiter_ ? CellEnd::kDelimiter : CellEnd::kLineEnd;
  }
  end = size_;
  if (open) return CellEnd::kOpenQuote;
  if (closed_at + 1 != size_) {
    closed_messy_ = true;
    ++messy_cells_;
  }
  return CellEnd::kTextEnd;
}

inline void RecordSplitter::AddCell(std::string_view cell) {
  if (cell_count_ == cells_.size()) [[unlikely]]
    cells_.resize(2 * cells_.size());
  cells_.data()[cell_count_++] = cell;
}

void RecordSplitter::UnescapeLater(size_t begin, size_t end) {
  escaped_.push_back(cell_count_);
  AddCell({text_ + begin, end - begin});
}

void RecordSplitter::Unescape() {
  for (const size_t index : escaped_) {
    std::string_view& cell = cells_[index];
    char* const raw = text_ + (cell.data() - text_);
    if (cell[0] == quote_) cell = {raw, UnescapeQuoted(raw, cell.size(), quote_)};
    if (IsTextFormula(cell, quote_)) {
      cell = {raw + 1, UnescapeQuoted(raw + 1, cell.size() - 1, quote_)};
    }
  }
  escaped_.clear();
}

SplitResult RecordSplitter::Next(bool quotes) {
  cell_count_ = 0;
  messy_cells_ = 0;
  escaped_.clear();
  record_begin_ = offset_;
  if (offset_ == size_) return last_ ? SplitResult::kEnd : SplitResult::kNeedMore;
  const size_t word = word_;
  const uint64_t bits = bits_;
  const auto undo = [&](SplitResult result) {
    word_ = word;
    bits_ = bits;
    return result;
  };
  for (size_t begin = offset_;;) {
    begin = TakePlainCells(begin);
    size_t end = 0;
    const bool quoted = quotes && begin < size_ && text_[begin] == quote_;
    const CellEnd found = FindCellEnd(begin, quotes, end);
    if (found == CellEnd::kOpenQuote) {
      return undo(last_ ? SplitResult::kOpenQuote : SplitResult::kNeedMore);
    }
    if (found == CellEnd::kTextEnd && !last_) return undo(SplitResult::kNeedMore);
    size_t line_end = 0;
    if (found == CellEnd::kLineEnd) {
      line_end = LineEndLength(end);
      if (line_end == 0) return undo(SplitResult::kNeedMore);
    }
    if (!quoted && !literal_quote_) {
      AddCell({text_ + begin, end - begin});
    } else if (quoted && !closed_messy_ && text_[begin + 1] != '=') {
      AddCell({text_ + begin + 1, end - begin - 2});
    } else {
      UnescapeLater(begin, end);
    }
    begin = end + 1;
    if (found == CellEnd::kDelimiter) continue;
    record_end_ = end;
    offset_ = end + line_end;
    if (line_end == 2) NextMark(end);
    break;
  }
  if (!escaped_.empty()) Unescape();
  return SplitResult::kRecord;
}

size_t SeparatorLineLength(std::string_view text, char* delimiter) {
  const bool quoted = !text.empty() && text[0] == '"';
  if (quoted) text.remove_prefix(1);
  if (text.size() < 5) return 0;
  const auto lower = [&](size_t i) { return static_cast<char>(text[i] | 0x20); };
  if (lower(0) != 's' || lower(1) != 'e' || lower(2) != 'p' || text[3] != '=') return 0;
  const char found = text[4];
  if (found == '\r' || found == '\n' || found == '"' || static_cast<signed char>(found) < 0) {
    return 0;
  }
  size_t at = 5;
  if (quoted && (at >= text.size() || text[at++] != '"')) return 0;
  if (at < text.size() && text[at] != '\r' && text[at] != '\n') return 0;
  if (at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n') ++at;
  if (at < text.size()) ++at;
  if (delimiter != nullptr) *delimiter = found;
  return at + (quoted ? 1 : 0);
}

bool IsBlank(std::string_view cell) {
  while (!cell.empty()) {
    const size_t length = WhiteSpaceLength(cell);
    if (length == 0) return false;
    cell.remove_prefix(length);
  }
  return true;
}

bool IsBlank(std::span<const std::string_view> cells) {
  return std::all_of(cells.begin(), cells.end(),
                     [](std::string_view cell) { return IsBlank(cell); });
}

}  // namespace sluice::formats

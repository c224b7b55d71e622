#include "common/formats/header_evidence.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_set>

#include "common/formats/detect_header.h"
#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

// Bytes; a longer text is a value.
constexpr size_t kLongestHeader = 80;
constexpr double kEnoughEvidence = 0.0;

enum class Kind { kBlank, kNumber, kDate, kEmail, kUrl, kText };

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

Kind KindOf(std::string_view cell) {
  if (IsBlank(cell)) return Kind::kBlank;
  size_t digits = 0;
  size_t marks = 0;
  size_t others = 0;
  for (const char c : cell) {
    if (IsDigit(c)) {
      ++digits;
    } else if (std::string_view(" +-.,/:()%$Tx#").find(c) != std::string_view::npos) {
      ++marks;
    } else {
      ++others;
    }
  }
  const size_t at = cell.find('@');
  if (at != std::string_view::npos && at > 0 && cell.find('.', at) != std::string_view::npos) {
    return Kind::kEmail;
  }
  if (cell.starts_with("http") || cell.starts_with("www.")) return Kind::kUrl;
  if (others == 0 && digits > 0) {
    const bool date = digits >= 6 && digits <= 17 && marks >= 2 && IsDigit(cell[0]) &&
                      (cell.find('-') == 4 || cell.find('/') == 4 || cell.find('.') == 4);
    return date ? Kind::kDate : Kind::kNumber;
  }
  // 2024年1月5日, ¥12.50, 12.50元: as good as a number.
  return digits > 0 && others <= 9 && digits * 2 >= others ? Kind::kNumber : Kind::kText;
}

// The year a text is, as headers of monthly or yearly figures are; 0 when it is none.
int Year(const std::vector<std::string>& cells, size_t column) {
  if (column >= cells.size() || cells[column].size() != 4) return 0;
  const std::string& text = cells[column];
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return 0;
  const int year = std::atoi(text.c_str());
  return year >= 1900 && year <= 2100 ? year : 0;
}

// True for the cells of a run of years (2022, 2023, ...), which numbers in data seldom are.
bool IsInRunOfYears(const std::vector<std::string>& cells, size_t column) {
  const int year = Year(cells, column);
  if (year == 0) return false;
  const int before = column == 0 ? 0 : Year(cells, column - 1);
  const int after = Year(cells, column + 1);
  return (before != 0 && std::abs(year - before) == 1) ||
         (after != 0 && std::abs(year - after) == 1);
}

// A text with a number at its end ("c12"), in two.
struct Numbered {
  std::string_view name;
  long number = -1;  // -1: no number, or one that is too long
};

Numbered SplitNumber(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[text.size() - 1 - digits])) ++digits;
  if (digits == 0 || digits == text.size() || digits > 6) return {};
  const std::string number(text.substr(text.size() - digits));
  return {text.substr(0, text.size() - digits), std::atol(number.c_str())};
}

// True for the cells of a run of numbered names (note1, note2, ...).
bool IsInRunOfNames(const std::vector<std::string>& cells, size_t column) {
  const Numbered here = SplitNumber(cells[column]);
  if (here.number < 0) return false;
  const auto follows = [&](size_t a, size_t b) {
    const Numbered first = SplitNumber(cells[a]);
    const Numbered second = SplitNumber(cells[b]);
    return first.number >= 0 && first.name == second.name && first.number + 1 == second.number;
  };
  return (column > 0 && follows(column - 1, column)) ||
         (column + 1 < cells.size() && follows(column, column + 1));
}

// What the cells below one header cell say: above 0 for a header, below for data.
double ColumnEvidence(const std::vector<SampleRow>& rows, size_t header, size_t column) {
  const std::string& text = rows[header].cells[column];
  const Kind kind = KindOf(text);
  std::map<Kind, size_t> below;
  size_t filled = 0;
  bool met_again = false;
  for (size_t i = header + 1; i < rows.size(); ++i) {
    if (column >= rows[i].cells.size()) continue;
    const std::string& cell = rows[i].cells[column];
    const Kind cell_kind = KindOf(cell);
    if (cell_kind == Kind::kBlank) continue;
    ++filled;
    ++below[cell_kind];
    met_again = met_again || cell == text;
  }
  if (kind == Kind::kText && IsKnownHeader(text)) return met_again ? 0.5 : 3.0;
  if (kind == Kind::kEmail || kind == Kind::kUrl || kind == Kind::kDate) return -3.0;
  if (kind == Kind::kBlank) return -0.1;
  if (met_again) return -1.0;
  if (kind == Kind::kNumber) {
    const std::vector<std::string>& cells = rows[header].cells;
    return IsInRunOfYears(cells, column) || IsInRunOfNames(cells, column) ? 0.5 : -1.5;
  }
  if (text.size() > kLongestHeader || text.find('\n') != std::string::npos) return -1.0;
  if (filled == 0) return 0.0;
  const size_t not_text = filled - below[Kind::kText];
  if (not_text * 10 >= filled * 8) return 1.5;
  return 0.1;
}

// True for a text that does not begin as numbers and dates do.
bool IsWord(std::string_view cell) {
  const Kind kind = KindOf(cell);
  if (kind == Kind::kText) return true;
  return kind == Kind::kNumber && static_cast<unsigned char>(cell[0] | 0x20) >= 'a';
}

// True for distinct words in every cell, two known names among them that are met nowhere below: a
// header, however many names there are that nobody knows.
bool HoldsOnlyNames(const std::vector<SampleRow>& rows, size_t candidate) {
  const std::vector<std::string>& cells = rows[candidate].cells;
  std::unordered_set<std::string_view> met;
  size_t known = 0;
  for (size_t column = 0; column < cells.size(); ++column) {
    const std::string& text = cells[column];
    if (!IsWord(text) || text.size() > kLongestHeader || !met.insert(text).second) return false;
    if (!IsKnownHeader(text)) continue;
    const bool met_below =
        std::any_of(rows.begin() + static_cast<ptrdiff_t>(candidate) + 1, rows.end(),
                    [&](const SampleRow& row) {
                      return column < row.cells.size() && row.cells[column] == text;
                    });
    known += met_below ? 0 : 1;
  }
  return known >= 2;
}

}  // namespace

size_t FilledCells(const SampleRow& row) {
  return static_cast<size_t>(
      std::count_if(row.cells.begin(), row.cells.end(),
                    [](const std::string& cell) { return !IsBlank(std::string_view(cell)); }));
}

size_t KnownNames(const SampleRow& row) {
  std::unordered_set<std::string_view> known;
  for (const std::string& cell : row.cells) {
    if (IsKnownHeader(cell)) known.insert(cell);
  }
  return known.size();
}

bool IsHeader(const std::vector<SampleRow>& rows, size_t candidate) {
  if (HoldsOnlyNames(rows, candidate)) return true;
  const std::vector<std::string>& cells = rows[candidate].cells;
  double evidence = 0;
  std::unordered_set<std::string> met;
  size_t known = 0;
  for (size_t column = 0; column < cells.size(); ++column) {
    evidence += ColumnEvidence(rows, candidate, column);
    if (IsBlank(std::string_view(cells[column]))) continue;
    known += IsKnownHeader(cells[column]) ? 1 : 0;
    if (!met.insert(cells[column]).second) evidence -= 0.5;
  }
  // Alone in its file, a row is a header only if it says so.
  if (candidate + 1 == rows.size()) return known > 0 && evidence > kEnoughEvidence;
  return evidence > kEnoughEvidence;
}

}  // namespace sluice::formats

#include "common/formats/detect_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_set>

#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

// How far down a header is looked for.
constexpr size_t kTopRows = 20;
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

std::string Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.substr(0, 1))) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.substr(text.size() - 1))) text.remove_suffix(1);
  // The characters of white space that are longer than a byte.
  for (const std::string_view space : {"\u3000", "\u00A0", "\uFEFF"}) {
    if (text.starts_with(space)) return Trimmed(text.substr(space.size()));
    if (text.ends_with(space)) return Trimmed(text.substr(0, text.size() - space.size()));
  }
  return std::string(text);
}

size_t FilledCells(const SampleRow& row) {
  return static_cast<size_t>(
      std::count_if(row.cells.begin(), row.cells.end(),
                    [](const std::string& cell) { return !IsBlank(std::string_view(cell)); }));
}

// The commonest number of cells; of two equally common ones the larger.
size_t Width(const std::vector<SampleRow>& rows) {
  std::map<size_t, size_t> rows_by_width;
  for (const SampleRow& row : rows) ++rows_by_width[row.cells.size()];
  size_t width = 0;
  size_t most = 0;
  for (const auto& [cells, count] : rows_by_width) {
    if (count >= most) {
      width = cells;
      most = count;
    }
  }
  return width;
}

// Index of the first row that is as wide as the table: what is above is a title or preamble.
size_t FirstTableRow(const std::vector<SampleRow>& rows, size_t width) {
  if (width < 2) return 0;
  const size_t least = std::max<size_t>(2, (width + 1) / 2);
  for (size_t i = 0; i < std::min(rows.size(), kTopRows); ++i) {
    if (FilledCells(rows[i]) >= least) return i;
  }
  return 0;
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
  if (kind == Kind::kNumber) return IsInRunOfYears(rows[header].cells, column) ? 0.5 : -1.5;
  if (text.size() > kLongestHeader || text.find('\n') != std::string::npos) return -1.0;
  if (filled == 0) return 0.0;
  const size_t not_text = filled - below[Kind::kText];
  if (not_text * 10 >= filled * 8) return 1.5;
  return 0.1;
}

bool IsHeader(const std::vector<SampleRow>& rows, size_t candidate) {
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

}  // namespace

FoundHeader DetectHeader(const std::vector<SampleRow>& rows) {
  const size_t width = Width(rows);
  const size_t first = FirstTableRow(rows, width);
  if (IsHeader(rows, first)) {
    return {.row = rows[first].row, .first_data = first + 1, .width = rows[first].cells.size()};
  }
  return {.row = 0, .first_data = 0, .width = width};
}

std::vector<std::string> ColumnNames(const std::vector<std::string>& header) {
  std::vector<std::string> names;
  // A name that stands in the file is that column's; made-up ones go round it.
  std::unordered_set<std::string> taken;
  for (const std::string& cell : header) taken.insert(Trimmed(cell));
  std::unordered_set<std::string> met;
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string text = Trimmed(header[i]);
    if (!text.empty() && met.insert(text).second) {
      names.push_back(text);
      continue;
    }
    const std::string base = text.empty() ? fmt::format("column_{}", i + 1) : text;
    std::string name = base;
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", base, n);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> NumberedColumns(size_t count) {
  return ColumnNames(std::vector<std::string>(count));
}

}  // namespace sluice::formats

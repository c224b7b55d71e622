#include "common/formats/detect_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "common/formats/header_evidence.h"
#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

// How far down a header is looked for.
constexpr size_t kTopRows = 20;

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

// True when about all columns have a name in the row, and nearly all of those are known ones.
bool IsNamedThroughout(const SampleRow& row, size_t width) {
  const size_t filled = FilledCells(row);
  return filled >= 2 && filled * 4 >= width * 3 && KnownNames(row) * 4 >= filled * 3;
}

bool HasTableBelow(const std::vector<SampleRow>& rows, size_t header) {
  const auto below = rows.begin() + static_cast<ptrdiff_t>(header) + 1;
  const auto wide =
      std::count_if(below, rows.end(), [](const SampleRow& row) { return FilledCells(row) >= 2; });
  return wide * 2 >= rows.end() - below;
}

// True when row `named` is the header rather than row `first` above it.
bool GoesBefore(const std::vector<SampleRow>& rows, size_t named, size_t first) {
  // Groups of columns stand in one row or two; more full rows are a table of their own.
  constexpr ptrdiff_t kMostFullRowsAbove = 2;
  constexpr size_t kLeastNamesBelowFullRow = 3;
  const size_t known = KnownNames(rows[named]);
  if (known <= KnownNames(rows[first])) return false;
  const size_t filled = FilledCells(rows[named]);
  const auto full =
      std::count_if(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(named),
                    [filled](const SampleRow& row) { return FilledCells(row) * 4 >= filled * 3; });
  if (full > kMostFullRowsAbove || (full > 0 && known < kLeastNamesBelowFullRow)) return false;
  return HasTableBelow(rows, named) && IsHeader(rows, named);
}

// Index of the row at or below `first` that is the header if any is.
size_t HeaderCandidate(const std::vector<SampleRow>& rows, size_t first, size_t width) {
  for (size_t i = first; i < std::min(rows.size(), kTopRows); ++i) {
    if (IsNamedThroughout(rows[i], width))
      return i > first && GoesBefore(rows, i, first) ? i : first;
  }
  return first;
}

// The number of another row that might be the header: one above with known names beside other
// cells, the next one below when it has little but known names, a later one with more of them.
uint64_t Rival(const std::vector<SampleRow>& rows, size_t header, size_t width) {
  const size_t here = KnownNames(rows[header]);
  for (size_t i = 0; i < std::min(rows.size(), kTopRows); ++i) {
    const size_t filled = FilledCells(rows[i]);
    if (i == header || filled < 2) continue;
    const size_t known = KnownNames(rows[i]);
    if (i < header && known > 0) return rows[i].row;
    if (i == header + 1 && known >= 2 && known * 2 >= filled) return rows[i].row;
    if (i > header && known > here && IsNamedThroughout(rows[i], width)) return rows[i].row;
  }
  return 0;
}

}  // namespace

FoundHeader DetectHeader(const std::vector<SampleRow>& rows) {
  const size_t width = Width(rows);
  const size_t header = HeaderCandidate(rows, FirstTableRow(rows, width), width);
  if (!IsHeader(rows, header)) return {.row = 0, .first_data = 0, .width = width};
  return {.row = rows[header].row,
          .first_data = header + 1,
          .width = rows[header].cells.size(),
          .rival = Rival(rows, header, width)};
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

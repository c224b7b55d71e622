#include "common/formats/detect_dialect.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

constexpr size_t kScoredRows = 500;
// A share of rows below this with the commonest number of cells is no table.
constexpr double kLeastConsistency = 0.3;

struct Tally {
  std::map<size_t, size_t> rows_by_cells;
  size_t rows = 0;
  size_t cells = 0;
  size_t messy = 0;
  size_t blank = 0;
};

// The splitter unescapes in place and reads past the end, so it gets a copy.
class SampleSplitter {
 public:
  SampleSplitter(std::string_view text, bool whole, char delimiter, char quote)
      : text_(text), splitter_(delimiter, quote) {
    const size_t size = text_.size();
    text_.append(64, '\0');
    skipped_ = SeparatorLineLength(text, nullptr);
    splitter_.Reset(text_.data() + skipped_, size - skipped_, whole);
  }
  // False at the end of the sample.
  bool Next() {
    switch (splitter_.Next()) {
      case SplitResult::kRecord:
        return true;
      case SplitResult::kOpenQuote:
        return splitter_.Next(false) == SplitResult::kRecord;
      default:
        return false;
    }
  }
  const RecordSplitter& record() const { return splitter_; }

 private:
  std::string text_;
  size_t skipped_ = 0;
  RecordSplitter splitter_;
};

Tally Count(std::string_view text, bool whole, char delimiter, char quote) {
  Tally tally;
  SampleSplitter splitter(text, whole, delimiter, quote);
  while (tally.rows < kScoredRows && splitter.Next()) {
    const auto cells = splitter.record().cells();
    if (IsBlank(cells)) continue;
    ++tally.rows;
    ++tally.rows_by_cells[cells.size()];
    tally.cells += cells.size();
    tally.messy += splitter.record().messy_cells();
    for (const std::string_view cell : cells) tally.blank += IsBlank(cell) ? 1 : 0;
  }
  return tally;
}

// How much the text looks like a table under a delimiter: the share of rows with the commonest
// number of cells, more for more columns, much less when quoted cells do not end at the delimiter.
double Score(const Tally& tally) {
  if (tally.rows == 0) return 0;
  size_t width = 0;
  size_t rows = 0;
  for (const auto& [cells, count] : tally.rows_by_cells) {
    if (cells >= 2 && count >= rows) {
      width = cells;
      rows = count;
    }
  }
  if (width < 2) return 0;
  const double consistency = static_cast<double>(rows) / static_cast<double>(tally.rows);
  if (consistency < kLeastConsistency) return 0;
  const double cells = static_cast<double>(tally.cells);
  const double clean = 1.0 - static_cast<double>(tally.messy) / cells;
  const double filled = 1.0 - 0.5 * static_cast<double>(tally.blank) / cells;
  const double columns = 1.0 + 0.08 * static_cast<double>(std::min<size_t>(width, 12) - 2);
  return consistency * consistency * columns * clean * clean * filled;
}

}  // namespace

std::vector<SampleRow> SplitSample(std::string_view text, bool whole, char delimiter, char quote,
                                   size_t most) {
  std::vector<SampleRow> rows;
  SampleSplitter splitter(text, whole, delimiter, quote);
  for (uint64_t row = 1; rows.size() < most && splitter.Next(); ++row) {
    const auto cells = splitter.record().cells();
    if (IsBlank(cells)) continue;
    rows.push_back({.cells = {cells.begin(), cells.end()}, .row = row});
  }
  return rows;
}

char DetectDelimiter(std::string_view text, bool whole, char quote, char hint) {
  char separator = 0;
  if (SeparatorLineLength(text, &separator) > 0 && separator != quote) return separator;
  char best = hint;
  double best_score = 0;
  for (const char candidate : std::array{',', '\t', ';', '|'}) {
    double score = Score(Count(text, whole, candidate, quote));
    if (candidate == hint) score *= 1.05;
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  return best_score > 0 ? best : hint;
}

}  // namespace sluice::formats

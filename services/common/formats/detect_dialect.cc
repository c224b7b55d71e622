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
// Times, names and links have these too, so they must make a table that is one beyond doubt.
constexpr std::string_view kRareDelimiters = "^~: ";
constexpr size_t kLeastRareWidth = 4;
constexpr size_t kLeastRareRows = 3;
constexpr double kLeastRareConsistency = 0.9;

struct Tally {
  std::map<size_t, size_t> rows_by_cells;
  size_t first_cells = 0;  // of the first row
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
    if (tally.rows == 0) tally.first_cells = cells.size();
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

double RareScore(const Tally& tally) {
  const auto alike = tally.rows_by_cells.find(tally.first_cells);
  if (tally.rows < kLeastRareRows || tally.first_cells < kLeastRareWidth) return 0;
  if (static_cast<double>(alike->second) <
      kLeastRareConsistency * static_cast<double>(tally.rows)) {
    return 0;
  }
  return 0.8 * Score(tally);
}

// The comma, semicolon or pipe that nearly all cells but the last of the first row, or of most
// rows, end in where the blank delimits: it delimits then, and the blank after it is no part of the
// cell. 0 when there is none.
char DelimiterBeforeBlanks(std::string_view text, bool whole, char quote) {
  constexpr size_t kEnoughRows = 50;
  constexpr std::string_view kMarks = ",;|";
  const std::vector<SampleRow> rows = SplitSample(text, whole, ' ', quote, kEnoughRows);
  if (rows.empty()) return 0;
  const auto ends_in = [](const SampleRow& row, char mark) {
    const auto last = row.cells.end() - 1;
    const auto marked = std::count_if(row.cells.begin(), last, [mark](const std::string& cell) {
      return cell.size() > 1 && cell.ends_with(mark);
    });
    return marked >= 2 && marked * 10 >= (last - row.cells.begin()) * 8;
  };
  for (const char mark : kMarks) {
    const auto alike = std::count_if(rows.begin(), rows.end(),
                                     [&](const SampleRow& row) { return ends_in(row, mark); });
    if (ends_in(rows.front(), mark) || alike * 2 > static_cast<ptrdiff_t>(rows.size())) return mark;
  }
  return 0;
}

// The places where `quote` stands between the borders of cells and their text.
struct QuoteBorders {
  size_t opening = 0;
  size_t closing = 0;
};

QuoteBorders CountQuoteBorders(std::string_view text, char delimiter, char quote) {
  QuoteBorders borders;
  const auto border = [delimiter](char c) { return c == delimiter || c == '\n' || c == '\r'; };
  for (size_t at = text.find(quote); at != std::string_view::npos; at = text.find(quote, at + 1)) {
    const bool opens = at == 0 || border(text[at - 1]);
    const bool closes = at + 1 == text.size() || border(text[at + 1]);
    borders.opening += opens && !closes ? 1 : 0;
    borders.closing += closes && !opens ? 1 : 0;
  }
  return borders;
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
  for (const char candidate : kRareDelimiters) {
    const double score = RareScore(Count(text, whole, candidate, quote));
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  if (best == ' ') {
    const char mark = DelimiterBeforeBlanks(text, whole, quote);
    if (mark != 0) return mark;
  }
  return best_score > 0 ? best : hint;
}

char DetectQuote(std::string_view text, bool whole, char delimiter) {
  constexpr size_t kLeastCells = 2;
  const QuoteBorders single = CountQuoteBorders(text, delimiter, '\'');
  // An apostrophe that only opens is a spreadsheet's mark for text, or a dropped letter.
  if (single.opening < kLeastCells || single.closing * 10 < single.opening * 9) return '"';
  if (CountQuoteBorders(text, delimiter, '"').opening > 0) return '"';
  const double with = Score(Count(text, whole, delimiter, '\''));
  return with > 0 && with >= Score(Count(text, whole, delimiter, '"')) ? '\'' : '"';
}

}  // namespace sluice::formats

#include "tests/unit/common/formats/reference_rows.h"

#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

std::string UnwrapFormula(const std::string& cell, char quote) {
  if (cell.size() < 3 || cell[0] != '=' || cell[1] != quote || cell.back() != quote) return cell;
  std::string inner;
  for (size_t i = 2; i + 1 < cell.size(); ++i) {
    if (cell[i] == quote) {
      if (i + 2 >= cell.size() || cell[i + 1] != quote) return cell;
      ++i;
    }
    inner.push_back(cell[i]);
  }
  return inner;
}

class ReferenceParser {
 public:
  ReferenceParser(std::string_view text, char delimiter, char quote)
      : text_(text), delimiter_(delimiter), quote_(quote) {}

  bool done() const { return at_ >= text_.size(); }

  // Parses one record; false when it ends inside a quoted cell.
  bool Parse(bool quotes, std::vector<std::string>& cells, size_t& raw_size) {
    const size_t begin = at_;
    cells.clear();
    while (true) {
      std::string cell;
      if (quotes && at_ < text_.size() && text_[at_] == quote_) {
        if (!ParseQuoted(cell)) {
          at_ = begin;
          return false;
        }
        AppendPlain(cell);
        cell = UnwrapFormula(cell, quote_);
      } else {
        AppendPlain(cell);
        if (quotes) cell = UnwrapFormula(cell, quote_);
      }
      cells.push_back(cell);
      if (at_ < text_.size() && text_[at_] == delimiter_) {
        ++at_;
        continue;
      }
      raw_size = at_ - begin;
      if (at_ < text_.size() && text_[at_] == '\r') {
        ++at_;
        if (at_ < text_.size() && text_[at_] == '\n') ++at_;
      } else if (at_ < text_.size()) {
        ++at_;
      }
      return true;
    }
  }

 private:
  bool ParseQuoted(std::string& cell) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote_) {
        cell.push_back(text_[at_]);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote_) {
        cell.push_back(text_[at_++]);
      } else {
        ++at_;
        return true;
      }
    }
    return false;
  }
  void AppendPlain(std::string& cell) {
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\r' &&
           text_[at_] != '\n') {
      cell.push_back(text_[at_++]);
    }
  }

  const std::string_view text_;
  const char delimiter_;
  const char quote_;
  size_t at_ = 0;
};

}  // namespace

std::vector<OwnedRow> ReferenceRows(std::string_view text, char delimiter, char quote,
                                    size_t row_bytes) {
  std::vector<OwnedRow> rows;
  ReferenceParser parser(text, delimiter, quote);
  for (uint64_t number = 1; !parser.done(); ++number) {
    OwnedRow row{.row = number};
    size_t raw_size = 0;
    if (!parser.Parse(quote != 0, row.cells, raw_size)) {
      parser.Parse(false, row.cells, raw_size);
      row.problem = kUnterminatedQuote;
    }
    if (raw_size > row_bytes) {
      row.cells.clear();
      row.problem = kRowTooLarge;
    }
    bool blank = row.problem.empty();
    for (const std::string& cell : row.cells) blank = blank && IsBlank(std::string_view(cell));
    if (!blank) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sluice::formats

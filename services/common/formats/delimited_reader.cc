#include "common/formats/delimited_reader.h"

#include <utility>

#include "common/base/status.h"
#include "common/formats/formula_guard.h"

namespace sluice::formats {
namespace {

// Follows a record byte by byte, without keeping it.
class RecordFollower {
 public:
  RecordFollower(char delimiter, char quote) : delimiter_(delimiter), quote_(quote) {}

  // True when `c` is the first character after the record.
  bool Ends(char c) {
    if (state_ == State::kReturn) return c != '\n';
    if (state_ == State::kFeed) return true;
    if (state_ == State::kQuoted) {
      if (c == quote_) state_ = State::kQuoteInQuoted;
      return false;
    }
    if (state_ == State::kQuoteInQuoted && c == quote_ && quote_ != 0) {
      state_ = State::kQuoted;
      return false;
    }
    const bool starts = state_ == State::kCellStart;
    state_ = State::kPlain;
    if (c == delimiter_) state_ = State::kCellStart;
    if (c == '\n') state_ = State::kFeed;
    if (c == '\r') state_ = State::kReturn;
    if (starts && c == quote_ && quote_ != 0) state_ = State::kQuoted;
    return false;
  }
  bool in_quoted_cell() const { return state_ == State::kQuoted; }

 private:
  enum class State { kCellStart, kPlain, kQuoted, kQuoteInQuoted, kReturn, kFeed };
  const char delimiter_;
  const char quote_;
  State state_ = State::kCellStart;
};

}  // namespace

DelimitedReader::DelimitedReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                                 const RowLimits& limits)
    : delimiter_(shape.delimiter),
      quote_(shape.quote),
      row_bytes_(limits.row_bytes),
      guarded_(shape.header_row > 0 && IsGuardedHeader(shape.columns)),
      window_(std::move(source), shape.encoding, limits.row_bytes + 2),
      splitter_(shape.delimiter, shape.quote) {}

absl::Status DelimitedReader::Start(const SourceShape& shape, const Checkpoint& from) {
  if (from != Checkpoint{}) return Restart(from);
  const Checkpoint start{.source_offset = shape.bom ? BomLength(shape.encoding) : 0};
  SLUICE_RETURN_IF_ERROR(Restart(start));
  SLUICE_RETURN_IF_ERROR(StepOverSeparatorLine());
  RowView row;
  while (row_ < shape.header_row) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, NextRecord(row));
    if (!more) break;
  }
  return absl::OkStatus();
}

absl::Status DelimitedReader::StepOverSeparatorLine() {
  SLUICE_RETURN_IF_ERROR(window_.Fill());
  window_.Consume(SeparatorLineLength({window_.data(), window_.size()}, nullptr));
  splitter_.Reset(window_.data(), window_.size(), window_.ended());
  return absl::OkStatus();
}

absl::Status DelimitedReader::Restart(const Checkpoint& at) {
  SLUICE_RETURN_IF_ERROR(window_.Restart(at.source_offset, at.skip_bytes));
  row_ = at.row;
  splitter_.Reset(window_.data(), window_.size(), window_.ended());
  return absl::OkStatus();
}

absl::Status DelimitedReader::FillWindow() {
  window_.Consume(splitter_.offset());
  SLUICE_RETURN_IF_ERROR(window_.Fill());
  splitter_.Reset(window_.data(), window_.size(), window_.ended());
  return absl::OkStatus();
}

absl::StatusOr<bool> DelimitedReader::Next(RowView& row) {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, NextRecord(row));
    if (!more) return false;
    if (!row.problem.empty() || row.undecodable || !IsBlank(row.cells)) return true;
  }
}

absl::StatusOr<bool> DelimitedReader::NextRecord(RowView& row) {
  while (true) {
    switch (splitter_.Next(!one_line_)) {
      case SplitResult::kRecord:
        Describe(row);
        return true;
      case SplitResult::kEnd:
        return false;
      case SplitResult::kOpenQuote:
        one_line_ = true;
        break;
      case SplitResult::kNeedMore: {
        if (window_.size() - splitter_.offset() <= row_bytes_ + 1) {
          SLUICE_RETURN_IF_ERROR(FillWindow());
          break;
        }
        const Checkpoint start = Position();
        SLUICE_ASSIGN_OR_RETURN(const bool ended, StepOverLargeRecord());
        if (!ended) {
          SLUICE_RETURN_IF_ERROR(Restart(start));
          one_line_ = true;
          break;
        }
        row = {.row = ++row_, .problem = kRowTooLarge};
        one_line_ = false;
        return true;
      }
    }
  }
}

void DelimitedReader::Describe(RowView& row) {
  row.row = ++row_;
  row.cells = splitter_.cells();
  if (guarded_) {
    plain_cells_.clear();
    for (const std::string_view cell : row.cells) plain_cells_.push_back(WithoutFormulaGuard(cell));
    row.cells = plain_cells_;
  }
  row.undecodable = window_.Replaced(splitter_.record_begin(), splitter_.record_end());
  row.foreign = window_.Foreign(splitter_.record_begin(), splitter_.record_end());
  row.problem = one_line_ ? kUnterminatedQuote : std::string_view();
  one_line_ = false;
  if (splitter_.record_end() - splitter_.record_begin() > row_bytes_) {
    row.cells = {};
    row.problem = kRowTooLarge;
  }
}

absl::StatusOr<bool> DelimitedReader::StepOverLargeRecord() {
  window_.Consume(splitter_.offset());
  RecordFollower follower(delimiter_, one_line_ ? '\0' : quote_);
  size_t at = 0;
  while (true) {
    while (at < window_.size() && !follower.Ends(window_.data()[at])) ++at;
    if (at < window_.size() || window_.ended()) break;
    window_.Consume(at);
    at = 0;
    SLUICE_RETURN_IF_ERROR(window_.Fill());
  }
  if (at == window_.size() && follower.in_quoted_cell()) return false;
  window_.Consume(at);
  splitter_.Reset(window_.data(), window_.size(), window_.ended());
  return true;
}

Checkpoint DelimitedReader::Position() const {
  Checkpoint position = window_.PositionAt(splitter_.offset());
  position.row = row_;
  return position;
}

}  // namespace sluice::formats

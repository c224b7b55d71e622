#include "common/formats/ndjson_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/status.h"
#include "common/formats/record_splitter.h"

namespace sluice::formats {

static_assert(kWindowPadding >= simdjson::SIMDJSON_PADDING);

LineReader::LineReader(std::unique_ptr<base::ByteSource> source, Encoding encoding,
                       size_t line_bytes)
    : line_bytes_(line_bytes), window_(std::move(source), encoding, line_bytes + 2) {}

absl::Status LineReader::Start(const Checkpoint& from) {
  taken_ = 0;
  number_ = from.row;
  return window_.Restart(from.source_offset, from.skip_bytes);
}

absl::StatusOr<bool> LineReader::Next(Line& line) {
  while (true) {
    const char* const begin = window_.data() + taken_;
    const size_t left = window_.size() - taken_;
    const auto* feed = static_cast<const char*>(std::memchr(begin, '\n', left));
    if (feed == nullptr && !window_.ended()) {
      window_.Consume(taken_);
      taken_ = 0;
      if (window_.size() > line_bytes_ + 1) {
        SLUICE_RETURN_IF_ERROR(StepOverLargeLine());
        line = {.number = ++number_, .too_large = true};
        return true;
      }
      SLUICE_RETURN_IF_ERROR(window_.Fill());
      continue;
    }
    if (left == 0) return false;
    size_t length = feed == nullptr ? left : static_cast<size_t>(feed - begin);
    const size_t after = taken_ + length + (feed == nullptr ? 0 : 1);
    if (length > 0 && begin[length - 1] == '\r') --length;
    line = {.text = {begin, length},
            .number = ++number_,
            .undecodable = window_.Replaced(taken_, taken_ + length),
            .foreign = window_.Foreign(taken_, taken_ + length)};
    taken_ = after;
    if (length > line_bytes_) {
      line.text = {};
      line.too_large = true;
    }
    return true;
  }
}

absl::Status LineReader::StepOverLargeLine() {
  while (true) {
    const auto* feed = static_cast<const char*>(std::memchr(window_.data(), '\n', window_.size()));
    if (feed != nullptr) {
      taken_ = static_cast<size_t>(feed - window_.data()) + 1;
      return absl::OkStatus();
    }
    window_.Consume(window_.size());
    if (window_.ended()) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(window_.Fill());
  }
}

Checkpoint LineReader::Position() const {
  Checkpoint position = window_.PositionAt(taken_);
  position.row = number_;
  return position;
}

NdjsonReader::NdjsonReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                           const RowLimits& limits)
    : lines_(std::move(source), shape.encoding, limits.row_bytes),
      put_([this](std::string_view path, std::string_view value) { Put(path, value); }),
      columns_(shape.columns),
      cells_(shape.columns.size()) {
  for (size_t i = 0; i < columns_.size(); ++i) column_of_.emplace(columns_[i], i);
}

absl::Status NdjsonReader::Start(const SourceShape& shape, const Checkpoint& from) {
  if (from != Checkpoint{}) return lines_.Start(from);
  return lines_.Start({.source_offset = shape.bom ? BomLength(shape.encoding) : 0});
}

void NdjsonReader::Put(std::string_view path, std::string_view value) {
  if (expected_ >= columns_.size() || columns_[expected_] != path) {
    const auto found = column_of_.find(path);
    if (found == column_of_.end()) return;
    expected_ = found->second;
  }
  cells_[expected_++] = value;
}

absl::StatusOr<bool> NdjsonReader::Next(RowView& row) {
  LineReader::Line line;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, lines_.Next(line));
    if (!more) return false;
    row = {.row = line.number, .undecodable = line.undecodable, .foreign = line.foreign};
    if (line.too_large) {
      row.problem = kRowTooLarge;
      return true;
    }
    if (IsBlank(line.text)) continue;
    std::fill(cells_.begin(), cells_.end(), std::string_view());
    expected_ = 0;
    if (!json_.Parse(line.text, put_)) {
      row.problem = kInvalidJson;
      return true;
    }
    if (IsBlank(cells_) && !row.undecodable) continue;
    row.cells = cells_;
    return true;
  }
}

}  // namespace sluice::formats

// Bytes for the tests of formats: owned, in short reads where wanted, in any encoding.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/byte_source.h"
#include "common/formats/open_rows.h"
#include "common/formats/source_shape.h"

namespace sluice::formats {

// Owns its bytes; gives at most `most` of them a call.
class StringSource : public base::ByteSource {
 public:
  explicit StringSource(std::string bytes, size_t most = SIZE_MAX)
      : bytes_(std::move(bytes)), most_(most) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    const size_t got = std::min({count, most_, bytes_.size() - at_});
    std::memcpy(buffer, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }
  absl::Status Seek(uint64_t offset) override {
    if (offset > bytes_.size()) return absl::OutOfRangeError("seek past the end");
    at_ = offset;
    return absl::OkStatus();
  }
  uint64_t size() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
  const size_t most_;
  size_t at_ = 0;
};

// A row with its own memory.
struct OwnedRow {
  std::vector<std::string> cells;
  uint64_t row = 0;
  bool undecodable = false;
  std::string problem;
  bool foreign = false;

  friend bool operator==(const OwnedRow&, const OwnedRow&) = default;
};

inline OwnedRow Own(const RowView& row) {
  return {{row.cells.begin(), row.cells.end()},
          row.row,
          row.undecodable,
          std::string(row.problem),
          row.foreign};
}

// All rows from a checkpoint on; when `positions` is given, the position before each row.
inline std::vector<OwnedRow> ReadAll(const std::string& bytes, const SourceShape& shape,
                                     const Checkpoint& from = {}, const RowLimits& limits = {},
                                     size_t most = SIZE_MAX,
                                     std::vector<Checkpoint>* positions = nullptr) {
  auto reader = OpenRows(std::make_unique<StringSource>(bytes, most), shape, from, limits);
  std::vector<OwnedRow> rows;
  if (!reader.ok()) return rows;
  RowView row;
  while (true) {
    const Checkpoint position = (*reader)->Position();
    auto more = (*reader)->Next(row);
    if (!more.ok() || !*more) break;
    if (positions != nullptr) positions->push_back(position);
    rows.push_back(Own(row));
  }
  return rows;
}

// The cells of all rows of a delimited text without a header.
inline std::vector<std::vector<std::string>> Cells(const std::string& text, char delimiter = ',') {
  std::vector<std::vector<std::string>> cells;
  for (OwnedRow& row : ReadAll(text, SourceShape{.delimiter = delimiter})) {
    cells.push_back(std::move(row.cells));
  }
  return cells;
}

// `text` in UTF-16, without a byte order mark.
std::string ToUtf16(std::string_view text, bool big_endian);
// `text` in an encoding of ICU ("gb18030", "windows-949-2000").
std::string Encode(std::string_view text, const char* encoding);

}  // namespace sluice::formats

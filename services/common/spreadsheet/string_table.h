// The shared strings of a workbook, however many: compact in memory up to a budget, in a temporary
// file beyond it. Strings may be looked up while others are added.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/spreadsheet/limits.h"

namespace sluice::spreadsheet {

// Thread-compatible.
class StringTable {
 public:
  explicit StringTable(const Limits& limits);
  ~StringTable();
  StringTable(const StringTable&) = delete;
  StringTable& operator=(const StringTable&) = delete;

  // Refused beyond the limits; else an error of the temporary file.
  absl::Status Add(std::string_view text);
  uint64_t size() const { return count_; }
  // `index` below size(). The view lives as long as the table, or until the next call of Add or Get
  // when the string is in the file or will go there (`lasting` says which).
  absl::StatusOr<std::string_view> Get(uint64_t index, bool& lasting);

 private:
  // Strings stand one after the other, each behind its length; the index has the place of every
  // 16th.
  static constexpr size_t kBlock = size_t{64} * 1024;
  static constexpr uint64_t kStride = 16;
  static constexpr size_t kCached = 64;

  struct CachedBlock {
    uint64_t number = UINT64_MAX;
    std::unique_ptr<char[]> bytes;
  };

  absl::Status Append(const char* bytes, size_t count);
  // The last block is full: it stays, or goes to the file.
  absl::Status NextBlock();
  // The block with this number; null after an error of the file, which is in status_.
  const char* Block(uint64_t number);
  // The length at `at`, which moves behind it; false after an error.
  bool ReadLength(uint64_t& at, uint64_t& length);

  const Limits limits_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  // The block that is filled.
  std::unique_ptr<char[]> last_;
  uint64_t end_ = 0;
  uint64_t count_ = 0;
  std::vector<uint64_t> index_;
  int file_ = -1;
  std::vector<CachedBlock> cache_;
  std::string crossing_;
  absl::Status status_;
};

}  // namespace sluice::spreadsheet

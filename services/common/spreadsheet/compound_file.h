// The compound file of OLE 2 ([MS-CFB]): the container of .xls, and of encrypted .xlsx.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/spreadsheet/byte_stream.h"

namespace sluice::spreadsheet {

// Thread-compatible. Its tables are at most as large as the file says and has.
class CompoundFile {
 public:
  // Refused when it is damaged.
  static absl::StatusOr<std::unique_ptr<CompoundFile>> Open(
      std::unique_ptr<base::ByteSource> source);

  // A stream of the root folder, without regard to case.
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  uint64_t SizeOf(std::string_view name) const;
  // NotFound when there is none. The stream must not outlive the file. While reading it is refused
  // when its chain of sectors is broken.
  absl::StatusOr<std::unique_ptr<SeekableStream>> OpenStream(std::string_view name);

 private:
  class Stream;
  struct Entry {
    std::string name;
    uint32_t first = 0;
    uint64_t size = 0;
    uint8_t kind = 0;
    // Numbers of entries: the tree of a folder.
    uint32_t left = 0;
    uint32_t right = 0;
    uint32_t child = 0;
    bool in_root = false;
  };

  explicit CompoundFile(std::unique_ptr<base::ByteSource> source) : source_(std::move(source)) {}
  absl::Status ReadHeader();
  absl::Status ReadTable(std::string_view header);
  absl::Status ReadDirectory(uint32_t first);
  // Marks what lies in the root folder, not in one of its folders.
  void MarkRoot();
  absl::Status ReadMiniTable(uint32_t first);
  // Bytes of the file; short only at its end.
  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t count);
  absl::StatusOr<std::string> ReadSector(uint32_t sector);
  // Sectors from `first` on, at most as many as there can be.
  absl::StatusOr<std::vector<uint32_t>> Chain(uint32_t first, const std::vector<uint32_t>& table,
                                              uint64_t most) const;
  const Entry* Find(std::string_view name) const;
  uint64_t OffsetOf(uint32_t sector) const { return (uint64_t{sector} + 1) << sector_shift_; }

  const std::unique_ptr<base::ByteSource> source_;
  unsigned sector_shift_ = 9;
  unsigned mini_shift_ = 6;
  uint64_t mini_below_ = 4096;
  // Sectors there can be in a file of this size.
  uint64_t sectors_ = 0;
  std::vector<uint32_t> table_;
  std::vector<uint32_t> mini_table_;
  std::vector<Entry> entries_;
  // Where the small streams are.
  std::vector<uint32_t> mini_sectors_;
};

}  // namespace sluice::spreadsheet

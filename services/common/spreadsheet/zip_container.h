// A zip file as a set of named parts. What is unpacked is counted: parts that unpack to more than
// real files do end with a refusal (limits.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/spreadsheet/byte_stream.h"
#include "common/spreadsheet/limits.h"

struct zip;

namespace sluice::spreadsheet {

// Thread-compatible.
class ZipContainer {
 public:
  // Refused when it is no zip file, cut off, or has too many parts.
  static absl::StatusOr<std::unique_ptr<ZipContainer>> Open(
      std::unique_ptr<base::ByteSource> source, const Limits& limits);
  ~ZipContainer();
  ZipContainer(const ZipContainer&) = delete;
  ZipContainer& operator=(const ZipContainer&) = delete;

  // A folder is no part. Names as they stand in the file.
  const std::vector<std::string>& names() const { return names_; }
  // By the very name, else without regard to case, direction of slashes and a slash at the
  // beginning. Of two parts of one name it is the later one.
  bool Has(std::string_view name) const;
  // NotFound when there is none. The stream must not outlive the container. Refused: encrypted
  // parts, unknown compression; while reading: damage and bombs.
  absl::StatusOr<std::unique_ptr<ByteStream>> OpenPart(std::string_view name);
  // Unpacked size of a part as the file claims it; 0 when unknown.
  uint64_t ClaimedSize(std::string_view name) const;
  // A whole small part. Refused as too large beyond `bytes_max`.
  absl::StatusOr<std::string> ReadPart(std::string_view name, uint64_t bytes_max);

  uint64_t size() const { return size_; }

 private:
  class Part;
  struct Entry {
    uint64_t index = 0;
    uint64_t packed = 0;
    uint64_t claimed = 0;
    bool encrypted = false;
    // As far as anybody has read it.
    uint64_t unpacked = 0;
  };

  ZipContainer(uint64_t size, const Limits& limits) : size_(size), limits_(limits) {}
  absl::Status ReadDirectory();
  // Its place in entries_.
  std::optional<size_t> Find(std::string_view name) const;

  const uint64_t size_;
  const Limits limits_;
  // Bytes unpacked so far, of all parts; those that are read again count once.
  uint64_t unpacked_ = 0;
  zip* archive_ = nullptr;
  std::vector<std::string> names_;
  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> places_;
  std::map<std::string, size_t, std::less<>> normal_places_;
};

// A part's name in the form in which names are compared.
std::string NormalPartName(std::string_view name);

}  // namespace sluice::spreadsheet

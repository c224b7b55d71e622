// The file inside a .zip or .gz.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"

namespace sluice::formats {

struct UnpackedFile {
  // In a temporary file that is gone with it; null when the source is no archive.
  std::unique_ptr<base::ByteSource> bytes;
  std::string member;
  // There is more than was unpacked.
  bool cut = false;
};

// One level deep; a workbook, which is a zip file too, is no archive. Without a name it takes the
// one file that can be read. InvalidArgument lists the names when there are several or none of the
// name; refused as workbooks are: damaged and encrypted archives and bombs. Of a text no more than
// `bytes_max` are unpacked, up to the end of a line.
absl::StatusOr<UnpackedFile> Unpack(base::ByteSource& source, std::string_view file_name,
                                    std::string_view member, uint64_t bytes_max = UINT64_MAX);

}  // namespace sluice::formats

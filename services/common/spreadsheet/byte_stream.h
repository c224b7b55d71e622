// Bytes that come in order and cannot be gone back in: a part of a container, unpacked.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace sluice::spreadsheet {

// Thread-compatible.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `count` bytes into `buffer`; 0 only at the end.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t count) = 0;
};

}  // namespace sluice::spreadsheet

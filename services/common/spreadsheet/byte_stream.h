// Bytes of a part of a container, unpacked, in order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace sluice::spreadsheet {

// Thread-compatible.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `count` bytes into `buffer`; 0 only at the end.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t count) = 0;
};

// One that can be gone back in. Thread-compatible.
class SeekableStream : public ByteStream {
 public:
  // Goes on at `offset` bytes from the start; beyond the end there is nothing to read.
  virtual void Seek(uint64_t offset) = 0;
};

}  // namespace sluice::spreadsheet

// Lends a source that somebody else owns.
#pragma once

#include "common/base/byte_source.h"

namespace sluice::formats {

// Thread-compatible. The source outlives it.
class BorrowedSource : public base::ByteSource {
 public:
  explicit BorrowedSource(base::ByteSource& source) : source_(source) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    return source_.Read(buffer, count);
  }
  absl::Status Seek(uint64_t offset) override { return source_.Seek(offset); }
  uint64_t size() const override { return source_.size(); }

 private:
  base::ByteSource& source_;
};

}  // namespace sluice::formats

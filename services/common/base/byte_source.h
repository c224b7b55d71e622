// Bytes that are read in order, from a file or from memory. Parsers read through this interface, so
// tests and the simulation can put their own bytes, short reads and errors under them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::base {

// Thread-compatible.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads up to `count` bytes into `buffer`; 0 only at the end of the source.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t count) = 0;
  // Goes on at `offset` bytes from the start.
  virtual absl::Status Seek(uint64_t offset) = 0;
  // Size in bytes.
  virtual uint64_t size() const = 0;
};

// A file, read with large sequential reads.
class FileByteSource : public ByteSource {
 public:
  static absl::StatusOr<std::unique_ptr<FileByteSource>> Open(const std::string& path);
  ~FileByteSource() override;
  FileByteSource(const FileByteSource&) = delete;
  FileByteSource& operator=(const FileByteSource&) = delete;

  absl::StatusOr<size_t> Read(char* buffer, size_t count) override;
  absl::Status Seek(uint64_t offset) override;
  uint64_t size() const override { return size_; }

 private:
  FileByteSource(std::string path, int fd, uint64_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}

  const std::string path_;
  const int fd_;
  const uint64_t size_;
};

// A whole small file, as one that a person writes. InvalidArgument when it is no regular file or
// larger than `bytes_max`.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max = 16u << 20);

// Bytes in memory; does not own them.
class MemoryByteSource : public ByteSource {
 public:
  explicit MemoryByteSource(std::string_view bytes) : bytes_(bytes) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override;
  absl::Status Seek(uint64_t offset) override;
  uint64_t size() const override { return bytes_.size(); }

 private:
  const std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace sluice::base

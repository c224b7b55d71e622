#include "common/spreadsheet/string_table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

// A file without a name, gone when it is closed.
absl::StatusOr<int> OpenTemporaryFile() {
  const char* directory = ::getenv("TMPDIR");
  std::string path = directory == nullptr || *directory == '\0' ? "/tmp" : directory;
  path += "/sluice-strings-XXXXXX";
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return base::ErrnoStatus(errno, "cannot make a temporary file");
  ::unlink(path.c_str());
  return file;
}

absl::Status WriteBlock(int file, const char* bytes, size_t count, uint64_t offset) {
  while (count > 0) {
    const ssize_t put = ::pwrite(file, bytes, count, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return base::ErrnoStatus(errno, "cannot write the temporary file of strings");
    bytes += put;
    count -= static_cast<size_t>(put);
    offset += static_cast<uint64_t>(put);
  }
  return absl::OkStatus();
}

absl::Status ReadBlock(int file, char* bytes, size_t count, uint64_t offset) {
  while (count > 0) {
    const ssize_t got = ::pread(file, bytes, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::ErrnoStatus(errno, "cannot read the temporary file of strings");
    if (got == 0) return absl::DataLossError("the temporary file of strings is cut off");
    bytes += got;
    count -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace

StringTable::StringTable(const Limits& limits) : limits_(limits) {}

StringTable::~StringTable() {
  if (file_ >= 0) ::close(file_);
}

absl::Status StringTable::Add(std::string_view text) {
  if (end_ + text.size() > limits_.strings) {
    return Refuse(Refusal::kTooLarge, "its table of strings is larger than the limit");
  }
  if (count_ % kStride == 0) index_.push_back(end_);
  ++count_;
  char length[10];
  size_t bytes = 0;
  uint64_t left = text.size();
  while (left >= 0x80) {
    length[bytes++] = static_cast<char>(left | 0x80);
    left >>= 7;
  }
  length[bytes++] = static_cast<char>(left);
  SLUICE_RETURN_IF_ERROR(Append(length, bytes));
  return Append(text.data(), text.size());
}

absl::Status StringTable::Append(const char* bytes, size_t count) {
  while (count > 0) {
    const size_t at = end_ % kBlock;
    if (at == 0) SLUICE_RETURN_IF_ERROR(NextBlock());
    const size_t fits = std::min(count, kBlock - at);
    std::memcpy(last_.get() + at, bytes, fits);
    end_ += fits;
    bytes += fits;
    count -= fits;
  }
  return absl::OkStatus();
}

absl::Status StringTable::NextBlock() {
  if (last_ == nullptr) {
    last_ = std::make_unique<char[]>(kBlock);
    return absl::OkStatus();
  }
  if (blocks_.size() * kBlock < limits_.strings_in_memory) {
    blocks_.push_back(std::move(last_));
    last_ = std::make_unique<char[]>(kBlock);
    return absl::OkStatus();
  }
  if (file_ < 0) {
    SLUICE_ASSIGN_OR_RETURN(file_, OpenTemporaryFile());
    cache_.resize(kCached);
  }
  return WriteBlock(file_, last_.get(), kBlock, end_ - kBlock);
}

const char* StringTable::Block(uint64_t number) {
  if (number < blocks_.size()) return blocks_[number].get();
  if (number == (end_ - 1) / kBlock) return last_.get();
  CachedBlock& cached = cache_[number % kCached];
  if (cached.number == number) return cached.bytes.get();
  if (cached.bytes == nullptr) cached.bytes = std::make_unique<char[]>(kBlock);
  cached.number = UINT64_MAX;
  status_ = ReadBlock(file_, cached.bytes.get(), kBlock, number * kBlock);
  if (!status_.ok()) return nullptr;
  cached.number = number;
  return cached.bytes.get();
}

bool StringTable::ReadLength(uint64_t& at, uint64_t& length) {
  length = 0;
  for (unsigned shift = 0;; shift += 7) {
    const char* block = Block(at / kBlock);
    if (block == nullptr) return false;
    const auto byte = static_cast<unsigned char>(block[at % kBlock]);
    ++at;
    length |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
}

absl::StatusOr<std::string_view> StringTable::Get(uint64_t index, bool& lasting) {
  uint64_t at = index_[index / kStride];
  uint64_t length = 0;
  for (uint64_t i = index % kStride; i > 0; --i) {
    if (!ReadLength(at, length)) return status_;
    at += length;
  }
  if (!ReadLength(at, length)) return status_;
  lasting = true;
  if (length == 0) return std::string_view();
  if (at / kBlock == (at + length - 1) / kBlock) {
    const char* block = Block(at / kBlock);
    if (block == nullptr) return status_;
    // The last block stays where it is as long as there is room in memory for it.
    lasting = at / kBlock < blocks_.size() || blocks_.size() * kBlock < limits_.strings_in_memory;
    return std::string_view(block + at % kBlock, length);
  }
  lasting = false;
  crossing_.clear();
  while (length > 0) {
    const char* block = Block(at / kBlock);
    if (block == nullptr) return status_;
    const auto fits = static_cast<size_t>(std::min<uint64_t>(length, kBlock - at % kBlock));
    crossing_.append(block + at % kBlock, fits);
    at += fits;
    length -= fits;
  }
  return std::string_view(crossing_);
}

}  // namespace sluice::spreadsheet

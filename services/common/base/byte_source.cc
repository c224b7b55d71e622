#include "common/base/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/status.h"

namespace sluice::base {

absl::StatusOr<std::unique_ptr<FileByteSource>> FileByteSource::Open(const std::string& path) {
  // Opening a pipe would wait for somebody to write into it; files do not care.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoStatus(errno, fmt::format("cannot open {}", path));
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    const int error = errno;
    ::close(fd);
    return ErrnoStatus(error, fmt::format("cannot stat {}", path));
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(fd);
    return absl::InvalidArgumentError(fmt::format("{} is not a regular file", path));
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<FileByteSource>(
      new FileByteSource(path, fd, static_cast<uint64_t>(info.st_size)));
}

FileByteSource::~FileByteSource() {
  ::close(fd_);
}

absl::StatusOr<size_t> FileByteSource::Read(char* buffer, size_t count) {
  while (true) {
    const ssize_t got = ::read(fd_, buffer, count);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return ErrnoStatus(errno, fmt::format("cannot read {}", path_));
  }
}

absl::Status FileByteSource::Seek(uint64_t offset) {
  if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) {
    return ErrnoStatus(errno, fmt::format("cannot seek in {}", path_));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, uint64_t bytes_max) {
  SLUICE_ASSIGN_OR_RETURN(const auto source, FileByteSource::Open(path));
  if (source->size() > bytes_max) {
    return absl::InvalidArgumentError(
        fmt::format("{} is larger than {} bytes: not a file of settings", path, bytes_max));
  }
  std::string text(source->size(), '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    SLUICE_ASSIGN_OR_RETURN(const size_t count,
                            source->Read(text.data() + filled, text.size() - filled));
    if (count == 0) break;
    filled += count;
  }
  text.resize(filled);
  return text;
}

absl::StatusOr<size_t> MemoryByteSource::Read(char* buffer, size_t count) {
  const size_t got = std::min(count, bytes_.size() - at_);
  std::memcpy(buffer, bytes_.data() + at_, got);
  at_ += got;
  return got;
}

absl::Status MemoryByteSource::Seek(uint64_t offset) {
  if (offset > bytes_.size()) return absl::OutOfRangeError("seek past the end of the bytes");
  at_ = static_cast<size_t>(offset);
  return absl::OkStatus();
}

}  // namespace sluice::base

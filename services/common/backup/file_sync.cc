#include "common/backup/file_sync.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/base/status.h"

namespace sluice::backup {

NewFile::NewFile(std::string path)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
      error_(errno) {}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!finished_) ::unlink(path_.c_str());
}

absl::Status NewFile::Write(std::string_view bytes) {
  if (fd_ < 0) return base::ErrnoStatus(error_, fmt::format("cannot make {}", path_));
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::ErrnoStatus(errno, fmt::format("cannot write {}", path_));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status NewFile::Finish() {
  if (fd_ < 0) return base::ErrnoStatus(error_, fmt::format("cannot make {}", path_));
  if (::fdatasync(fd_) != 0) return base::ErrnoStatus(errno, fmt::format("cannot sync {}", path_));
  finished_ = true;
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return base::ErrnoStatus(errno, fmt::format("cannot open {}", path));
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (synced == 0) return absl::OkStatus();
  return base::ErrnoStatus(error, fmt::format("cannot sync {}", path));
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot make {}", path));
  return absl::OkStatus();
}

absl::Status StoreText(const std::string& path, std::string_view text) {
  const std::string incoming = path + ".incoming";
  {
    NewFile file(incoming);
    SLUICE_RETURN_IF_ERROR(file.Write(text));
    SLUICE_RETURN_IF_ERROR(file.Finish());
  }
  if (::rename(incoming.c_str(), path.c_str()) != 0) {
    return base::ErrnoStatus(errno, fmt::format("cannot name {}", path));
  }
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

}  // namespace sluice::backup

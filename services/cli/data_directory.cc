#include "cli/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "common/base/status.h"

namespace sluice::cli {

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Lock(const std::string& path) {
  std::error_code error;
  // What is inside is personal data: for nobody else to read.
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return base::ErrnoStatus(error.value(),
                             fmt::format("cannot make the data directory {} (--data-dir)", path));
  }
  const std::string lock_path = path + "/LOCK";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return base::ErrnoStatus(errno, fmt::format("cannot open {} (--data-dir)", lock_path));
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int failure = errno;
    char holder[32] = {};
    const ssize_t size = ::read(fd, holder, sizeof(holder) - 1);
    ::close(fd);
    if (failure != EWOULDBLOCK) return base::ErrnoStatus(failure, "cannot lock " + lock_path);
    return absl::AbortedError(fmt::format(
        "another Sluice (process {}) works in {}: wait for it, stop it, or use another --data-dir",
        size > 0 ? holder : "unknown", path));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const absl::Status status = base::ErrnoStatus(errno, "cannot write " + lock_path);
    ::close(fd);
    return status;
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, fd));
}

DataDirectory::~DataDirectory() {
  if (serving_) ::unlink((path_ + "/server").c_str());
  ::close(fd_);
}

absl::Status DataDirectory::WriteServer(std::string_view address) {
  std::ofstream file(path_ + "/server", std::ios::trunc);
  file << address << "\n";
  file.close();
  if (!file) return absl::InternalError(fmt::format("cannot write {}/server", path_));
  serving_ = true;
  return absl::OkStatus();
}

}  // namespace sluice::cli

#include "cli/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "common/backup/restore_staging.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kSocketName = "/serve.sock";

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Lock(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(auto directory, LockToRestore(path));
  if (!backup::IsBeingRestored(path)) return directory;
  return absl::FailedPreconditionError(
      fmt::format("a restore into {} was not finished: run the same `sluice restore` again", path));
}

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::LockToRestore(
    const std::string& path) {
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
  if (serving_) {
    ::unlink((path_ + "/server").c_str());
    ::unlink((path_ + std::string(kSocketName)).c_str());
  }
  ::close(fd_);
}

void DataDirectory::RemoveLeftovers() const {
  std::error_code ignored;
  std::filesystem::remove_all(log_snapshot(), ignored);
  std::filesystem::remove_all(path_ + "/.restored", ignored);
}

std::string DataDirectory::socket() const {
  const std::string path = std::filesystem::absolute(path_).lexically_normal().string();
  // With the byte that ends it.
  const size_t limit = sizeof(sockaddr_un::sun_path) - 1;
  return path.size() + kSocketName.size() > limit ? "" : path + std::string(kSocketName);
}

absl::Status DataDirectory::WriteServer(std::string_view http, std::string_view grpc,
                                        std::string_view socket) {
  // All of it at once: others read it at any time.
  const std::string incoming = path_ + "/server.new";
  std::ofstream file(incoming, std::ios::trunc);
  file << http << "\n" << grpc << "\n" << socket << "\n";
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(incoming, path_ + "/server", error);
  if (!file) return absl::ErrnoToStatus(errno, fmt::format("cannot write {}", incoming));
  if (error) {
    return absl::ErrnoToStatus(error.value(), fmt::format("cannot write {}/server", path_));
  }
  serving_ = true;
  return absl::OkStatus();
}

std::string RunningServer(const std::string& data_dir) {
  std::ifstream file(data_dir + "/server");
  std::string address;
  // The third line.
  for (int i = 0; i < 3; ++i) {
    if (!std::getline(file, address)) return "";
  }
  constexpr std::string_view kScheme = "unix:";
  sockaddr_un where{};
  if (!address.starts_with(kScheme) || address.size() - kScheme.size() >= sizeof(where.sun_path)) {
    return "";
  }
  where.sun_family = AF_UNIX;
  address.copy(where.sun_path, sizeof(where.sun_path) - 1, kScheme.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  // Only a process that lives takes it.
  const bool there = ::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0;
  ::close(fd);
  return there ? address : "";
}

}  // namespace sluice::cli

#include "cli/nameless_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/base/status.h"

namespace sluice::cli {

NamelessFile::NamelessFile(int fd) : fd_(fd), path_(fmt::format("/proc/self/fd/{}", fd)) {}

NamelessFile::~NamelessFile() {
  ::close(fd_);
}

absl::StatusOr<std::unique_ptr<NamelessFile>> NamelessFile::Make() {
  const std::string directory = std::filesystem::temp_directory_path();
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return base::ErrnoStatus(errno, "cannot make a file in " + directory);
  return std::unique_ptr<NamelessFile>(new NamelessFile(fd));
}

absl::Status NamelessFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::ErrnoStatus(errno, "cannot write a temporary file");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli

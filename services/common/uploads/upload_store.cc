#include "common/uploads/upload_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "common/base/hash.h"
#include "common/base/status.h"

namespace sluice::uploads {
namespace {

// Begins the name of a file that is not whole yet.
constexpr std::string_view kIncoming = ".incoming-";

// A file being written; removed unless it was given its name.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path)
      : path_(std::move(path)),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!named_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  bool open() const { return fd_ >= 0; }

  absl::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return base::ErrnoStatus(errno, "cannot store the upload");
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status SyncAndRename(const std::string& target, const std::string& directory) {
    if (::fdatasync(fd_) != 0) return base::ErrnoStatus(errno, "cannot sync the upload");
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      return base::ErrnoStatus(errno, "cannot name the upload");
    }
    named_ = true;
    const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return base::ErrnoStatus(errno, "cannot open the uploads");
    const int synced = ::fsync(folder);
    const int error = errno;
    ::close(folder);
    return synced == 0 ? absl::OkStatus() : base::ErrnoStatus(error, "cannot sync the uploads");
  }

 private:
  const std::string path_;
  const int fd_;
  bool named_ = false;
};

}  // namespace

absl::Status UploadStore::Prepare() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return base::ErrnoStatus(error.value(), "cannot make " + directory_);
  // What a killed process was copying.
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kIncoming)) std::filesystem::remove(entry.path(), error);
  }
  return absl::OkStatus();
}

std::string UploadStore::PathOf(std::string_view sha256) const {
  return fmt::format("{}/{}", directory_, sha256);
}

absl::StatusOr<StoredUpload> UploadStore::Store(const std::string& path, uint64_t bytes_max) {
  SLUICE_ASSIGN_OR_RETURN(auto source, base::FileByteSource::Open(path));
  const auto too_large = [&] {
    return absl::ResourceExhaustedError(fmt::format(
        "{} is larger than {} bytes (setting limits.upload_bytes_max)", path, bytes_max));
  };
  if (source->size() > bytes_max) return too_large();
  TemporaryFile file(fmt::format("{}/{}{}", directory_, kIncoming, ::getpid()));
  if (!file.open()) return base::ErrnoStatus(errno, "cannot write to " + directory_);
  constexpr size_t kPieceBytes = 1u << 20;
  std::vector<char> piece(kPieceBytes);
  base::Sha256 hash;
  StoredUpload stored;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source->Read(piece.data(), piece.size()));
    if (got == 0) break;
    stored.size_bytes += got;
    if (stored.size_bytes > bytes_max) return too_large();
    hash.Update({piece.data(), got});
    SLUICE_RETURN_IF_ERROR(file.Write({piece.data(), got}));
  }
  stored.sha256 = hash.FinishHex();
  struct stat info {};
  const std::string target = PathOf(stored.sha256);
  if (::stat(target.c_str(), &info) == 0 &&
      static_cast<uint64_t>(info.st_size) == stored.size_bytes) {
    return stored;
  }
  SLUICE_RETURN_IF_ERROR(file.SyncAndRename(target, directory_));
  return stored;
}

absl::StatusOr<std::unique_ptr<base::ByteSource>> UploadStore::Open(std::string_view sha256) const {
  SLUICE_ASSIGN_OR_RETURN(auto source, base::FileByteSource::Open(PathOf(sha256)));
  return std::unique_ptr<base::ByteSource>(std::move(source));
}

}  // namespace sluice::uploads

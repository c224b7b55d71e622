#include "common/uploads/upload_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/status.h"

namespace sluice::uploads {
namespace {

// Begins the name of a file that is not whole yet.
constexpr std::string_view kIncoming = ".incoming-";

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

// A file being written, by nobody else: it is new. Removed unless it was given its name.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path)
      : path_(std::move(path)),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  ~TemporaryFile() {
    if (fd_ < 0) return;
    ::close(fd_);
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

UploadWriter::UploadWriter(std::string directory, std::string path, uint64_t bytes_max)
    : directory_(std::move(directory)),
      bytes_max_(bytes_max),
      file_(std::make_unique<TemporaryFile>(std::move(path))) {}

UploadWriter::~UploadWriter() = default;

absl::Status UploadWriter::Write(std::string_view bytes) {
  stored_.size_bytes += bytes.size();
  if (stored_.size_bytes > bytes_max_) {
    return absl::ResourceExhaustedError(
        fmt::format("larger than {} bytes (setting limits.upload_bytes_max)", bytes_max_));
  }
  hash_.Update(bytes);
  return file_->Write(bytes);
}

absl::StatusOr<StoredUpload> UploadWriter::Finish() {
  stored_.sha256 = hash_.FinishHex();
  const std::string target = fmt::format("{}/{}", directory_, stored_.sha256);
  struct stat info {};
  if (::stat(target.c_str(), &info) == 0 &&
      static_cast<uint64_t>(info.st_size) == stored_.size_bytes) {
    return stored_;
  }
  SLUICE_RETURN_IF_ERROR(file_->SyncAndRename(target, directory_));
  return stored_;
}

absl::Status UploadStore::Prepare(absl::Duration leftover_age) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return base::ErrnoStatus(error.value(), "cannot make " + directory_);
  // What a killed process was copying; but another control may be receiving at this moment.
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (!entry.path().filename().string().starts_with(kIncoming)) continue;
    const auto written_at = entry.last_write_time(error);
    if (error) continue;
    const auto age = std::filesystem::file_time_type::clock::now() - written_at;
    if (absl::FromChrono(age) >= leftover_age) leftovers.push_back(entry.path());
  }
  for (const auto& leftover : leftovers) std::filesystem::remove(leftover, error);
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
  SLUICE_ASSIGN_OR_RETURN(const auto writer, Begin(bytes_max));
  constexpr size_t kPieceBytes = 1u << 20;
  std::vector<char> piece(kPieceBytes);
  uint64_t bytes = 0;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source->Read(piece.data(), piece.size()));
    if (got == 0) break;
    bytes += got;
    if (bytes > bytes_max) return too_large();
    SLUICE_RETURN_IF_ERROR(writer->Write({piece.data(), got}));
  }
  return writer->Finish();
}

absl::StatusOr<std::unique_ptr<UploadWriter>> UploadStore::Begin(uint64_t bytes_max) {
  SLUICE_CHECK(random_ != nullptr, "a store of uploads that only reads");
  // Several may be on their way at once, from several processes: in containers all have one id.
  std::unique_ptr<UploadWriter> writer(new UploadWriter(
      directory_, fmt::format("{}/{}{}", directory_, kIncoming, base::RandomName(*random_)),
      bytes_max));
  if (!writer->file_->open()) return base::ErrnoStatus(errno, "cannot write to " + directory_);
  return writer;
}

absl::StatusOr<StoredUpload> UploadStore::Find(std::string_view sha256) const {
  if (!IsSha256(sha256)) return absl::InvalidArgumentError("an upload's name is a SHA-256");
  struct stat info {};
  if (::stat(PathOf(sha256).c_str(), &info) != 0) {
    return base::ErrnoStatus(errno, fmt::format("no upload {}", sha256));
  }
  return StoredUpload{std::string(sha256), static_cast<uint64_t>(info.st_size)};
}

absl::StatusOr<std::unique_ptr<base::ByteSource>> UploadStore::Open(std::string_view sha256) const {
  SLUICE_ASSIGN_OR_RETURN(auto source, base::FileByteSource::Open(PathOf(sha256)));
  return std::unique_ptr<base::ByteSource>(std::move(source));
}

}  // namespace sluice::uploads

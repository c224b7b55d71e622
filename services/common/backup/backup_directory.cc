#include "common/backup/backup_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "common/backup/file_sync.h"
#include "common/base/byte_source.h"
#include "common/base/status.h"
#include "common/base/ulid.h"

namespace sluice::backup {
namespace {

constexpr std::string_view kManifests = "/manifests";
constexpr std::string_view kSuffix = ".manifest";
constexpr uint64_t kManifestBytesMax = uint64_t{1} << 30;

bool IsThere(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackupDirectory>> BackupDirectory::OpenToWrite(
    const std::string& path) {
  const std::string manifests = path + std::string(kManifests);
  std::error_code error;
  if (!IsThere(manifests) && IsThere(path) && !std::filesystem::is_empty(path, error)) {
    return absl::FailedPreconditionError(
        fmt::format("{} is not empty and holds no backups: name another directory", path));
  }
  // In this order: a folder that is not empty is one of backups.
  SLUICE_RETURN_IF_ERROR(MakeDirectory(path));
  SLUICE_RETURN_IF_ERROR(MakeDirectory(manifests));
  SLUICE_RETURN_IF_ERROR(MakeDirectory(path + "/parts"));
  const std::string lock_path = path + "/LOCK";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return base::ErrnoStatus(errno, fmt::format("cannot open {}", lock_path));
  std::unique_ptr<BackupDirectory> directory(new BackupDirectory(path, lock));
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return directory;
  if (errno != EWOULDBLOCK) return base::ErrnoStatus(errno, fmt::format("cannot lock {}", path));
  return absl::AbortedError(fmt::format(
      "another backup or restore works with {}: wait for it, or name another directory", path));
}

absl::StatusOr<std::unique_ptr<BackupDirectory>> BackupDirectory::OpenToRead(
    const std::string& path) {
  if (!IsThere(path + std::string(kManifests))) {
    return absl::NotFoundError(fmt::format("{} holds no backups", path));
  }
  // May be a disk that is only read.
  const int lock = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  std::unique_ptr<BackupDirectory> directory(new BackupDirectory(path, lock));
  if (lock < 0 || ::flock(lock, LOCK_SH | LOCK_NB) == 0) return directory;
  return absl::AbortedError(fmt::format("a backup is being made into {}: wait for it", path));
}

BackupDirectory::~BackupDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

std::string BackupDirectory::ManifestPath(const std::string& id) const {
  return fmt::format("{}{}/{}{}", path_, kManifests, id, kSuffix);
}

absl::StatusOr<std::vector<std::string>> BackupDirectory::Ids() const {
  std::vector<std::string> ids;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(path_ + std::string(kManifests), error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    name.resize(name.size() - kSuffix.size());
    if (base::IsUlid(name)) ids.push_back(std::move(name));
  }
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot list {}", path_));
  // Ids begin with the time.
  std::sort(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<Manifest> BackupDirectory::Read(const std::string& id) const {
  const std::string path = ManifestPath(id);
  auto text = base::ReadSmallFile(path, kManifestBytesMax);
  if (!text.ok()) return absl::DataLossError(text.status().message());
  auto manifest = ParseManifest(*text);
  if (!manifest.ok()) return base::Annotate(manifest.status(), path);
  if (manifest->id() != id) {
    return absl::DataLossError(fmt::format("{} is the manifest of another backup", path));
  }
  return manifest;
}

absl::StatusOr<Manifest> BackupDirectory::Find(const std::string& given) const {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> ids, Ids());
  std::vector<std::string> found;
  for (const std::string& id : ids) {
    if (id.starts_with(given)) found.push_back(id);
  }
  if (found.empty()) {
    return absl::NotFoundError(fmt::format("{} holds no {}", path_,
                                           given.empty() ? "finished backup" : "backup " + given));
  }
  if (!given.empty() && found.size() > 1) {
    return absl::NotFoundError(
        fmt::format("{} backups in {} begin with {}: name more of it", found.size(), path_, given));
  }
  auto manifest = Read(found.back());
  if (!absl::IsDataLoss(manifest.status()) || ids.size() == 1) return manifest;
  return base::Annotate(manifest.status(),
                        "another backup may be whole (--list shows them, --backup names one)");
}

absl::Status BackupDirectory::Store(const Manifest& manifest) {
  SLUICE_RETURN_IF_ERROR(parts_.Sync());
  // The folders above the manifest's.
  SLUICE_RETURN_IF_ERROR(SyncDirectory(path_));
  return StoreText(ManifestPath(manifest.id()), ToText(manifest));
}

absl::StatusOr<uint64_t> BackupDirectory::KeepNewest(size_t count) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> ids, Ids());
  const size_t surplus = ids.size() - std::min(ids.size(), count);
  for (size_t i = 0; i < surplus; ++i) {
    if (::unlink(ManifestPath(ids[i]).c_str()) != 0) {
      return base::ErrnoStatus(errno, fmt::format("cannot remove {}", ManifestPath(ids[i])));
    }
  }
  // Before bytes go: no manifest comes back that lacks them.
  SLUICE_RETURN_IF_ERROR(SyncDirectory(path_ + std::string(kManifests)));
  absl::flat_hash_set<std::string> needed;
  for (size_t i = surplus; i < ids.size(); ++i) {
    const auto manifest = Read(ids[i]);
    if (!manifest.ok()) return surplus;
    for (const storagepb::BackupFile& file : manifest->files()) {
      for (const storagepb::BackupPart& part : file.parts()) needed.insert(part.sha256());
    }
  }
  SLUICE_RETURN_IF_ERROR(parts_.RemoveAllBut(needed));
  return surplus;
}

}  // namespace sluice::backup

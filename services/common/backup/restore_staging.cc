#include "common/backup/restore_staging.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <vector>

#include "common/backup/file_sync.h"
#include "common/base/byte_source.h"
#include "common/base/status.h"

namespace sluice::backup {
namespace {

constexpr std::string_view kStaging = "/.restoring";
constexpr std::string_view kFiles = "/files";
constexpr std::string_view kWhole = "/manifest";
constexpr uint64_t kManifestBytesMax = uint64_t{1} << 30;
// Who only looks opens it without asking whether the rest is there.
constexpr std::string_view kPlacedLast = "control.db";

bool IsThere(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

std::string ParentOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot remove {}", path));
  return absl::OkStatus();
}

absl::Status CheckEmpty(const std::string& directory) {
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    // The last is every new volume's.
    if (name == "LOCK" || "/" + name == kStaging || name == "lost+found") continue;
    return absl::FailedPreconditionError(
        fmt::format("{} is not empty ({}): a backup is restored into an empty directory. Name "
                    "another one (--data-dir), or move this one away",
                    directory, name));
  }
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot list {}", directory));
  return absl::OkStatus();
}

// A database's companions would be taken for its own.
absl::Status CheckFree(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (!IsThere(path + suffix)) continue;
    return absl::FailedPreconditionError(
        fmt::format("the sink {}{} is there already: move it away first, a restore writes over "
                    "nothing",
                    path, suffix));
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const PartStore& parts, const storagepb::BackupFile& file,
                       const std::string& to, const OnBytes& on_bytes) {
  NewFile written(to);
  for (const storagepb::BackupPart& part : file.parts()) {
    auto bytes = parts.Read(part.sha256(), part.size_bytes());
    if (!bytes.ok()) return base::Annotate(bytes.status(), file.path());
    SLUICE_RETURN_IF_ERROR(written.Write(*bytes));
    SLUICE_RETURN_IF_ERROR(on_bytes(part.size_bytes()));
  }
  // Also makes one without a byte.
  SLUICE_RETURN_IF_ERROR(written.Write(""));
  return written.Finish();
}

}  // namespace

bool IsBeingRestored(const std::string& directory) {
  return IsThere(directory + std::string(kStaging));
}

absl::StatusOr<RestoreStaging> RestoreStaging::Open(const std::string& directory) {
  RestoreStaging staging(directory);
  const std::string whole = fmt::format("{}{}{}", directory, kStaging, kWhole);
  if (!IsThere(whole)) {
    SLUICE_RETURN_IF_ERROR(CheckEmpty(directory));
    return staging;
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(whole, kManifestBytesMax));
  SLUICE_ASSIGN_OR_RETURN(staging.staged_, ParseManifest(text));
  return staging;
}

absl::Status RestoreStaging::Stage(const PartStore& parts, const Manifest& manifest,
                                   const OnBytes& on_bytes) {
  for (const storagepb::BackupFile& file : manifest.files()) {
    if (IsElsewhere(file)) SLUICE_RETURN_IF_ERROR(CheckFree(file.path()));
  }
  const absl::Status staged = StageAll(parts, manifest, on_bytes);
  if (staged.ok()) return staged;
  // What cannot be removed now, the next restore removes.
  for (const storagepb::BackupFile& file : manifest.files()) {
    if (IsElsewhere(file)) RemoveAll(StagedElsewhere(file.path())).IgnoreError();
  }
  RemoveAll(directory_ + std::string(kStaging)).IgnoreError();
  return staged;
}

absl::Status RestoreStaging::StageAll(const PartStore& parts, const Manifest& manifest,
                                      const OnBytes& on_bytes) {
  const std::string root = directory_ + std::string(kStaging);
  SLUICE_RETURN_IF_ERROR(RemoveAll(root));
  std::set<std::string> folders = {root, root + std::string(kFiles)};
  for (const std::string& folder : folders) SLUICE_RETURN_IF_ERROR(MakeDirectory(folder));
  SLUICE_RETURN_IF_ERROR(SyncDirectory(directory_));
  for (const storagepb::BackupFile& file : manifest.files()) {
    const std::string to = IsElsewhere(file) ? StagedElsewhere(file.path())
                                             : fmt::format("{}{}/{}", root, kFiles, file.path());
    const std::string folder = ParentOf(to);
    if (folders.insert(folder).second) SLUICE_RETURN_IF_ERROR(MakeDirectory(folder));
    SLUICE_RETURN_IF_ERROR(WriteFile(parts, file, to, on_bytes));
  }
  for (const std::string& folder : folders) SLUICE_RETURN_IF_ERROR(SyncDirectory(folder));
  SLUICE_RETURN_IF_ERROR(StoreText(root + std::string(kWhole), ToText(manifest)));
  staged_ = manifest;
  return absl::OkStatus();
}

absl::Status RestoreStaging::PlaceElsewhere(const std::string& path) {
  const std::string staged = StagedElsewhere(path);
  if (!IsThere(staged)) {
    if (IsThere(path)) return absl::OkStatus();
    return absl::DataLossError(
        fmt::format("{} was removed while it was restored: remove {}{} and restore again", staged,
                    directory_, kStaging));
  }
  SLUICE_RETURN_IF_ERROR(CheckFree(path));
  // Not over what somebody puts there at this moment, where the file system can tell.
  int failed = ::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && errno == EINVAL) failed = ::rename(staged.c_str(), path.c_str());
  if (failed != 0) {
    return base::ErrnoStatus(errno, fmt::format("cannot put {} into its place", path));
  }
  return SyncDirectory(ParentOf(path));
}

absl::Status RestoreStaging::Place() {
  for (const storagepb::BackupFile& file : staged_.files()) {
    if (IsElsewhere(file)) SLUICE_RETURN_IF_ERROR(PlaceElsewhere(file.path()));
  }
  const std::string root = directory_ + std::string(kStaging);
  const std::string files = root + std::string(kFiles);
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(files, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot list {}", files));
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return name != kPlacedLast; });
  for (const std::string& name : names) {
    std::filesystem::rename(files + "/" + name, directory_ + "/" + name, error);
    if (error) {
      return base::ErrnoStatus(error.value(),
                               fmt::format("cannot put {}/{} into its place", directory_, name));
    }
  }
  SLUICE_RETURN_IF_ERROR(SyncDirectory(directory_));
  // At once: half of it would look like a restore that was cut in the middle.
  const std::string done = directory_ + "/.restored";
  SLUICE_RETURN_IF_ERROR(RemoveAll(done));
  std::filesystem::rename(root, done, error);
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot remove {}", root));
  SLUICE_RETURN_IF_ERROR(SyncDirectory(directory_));
  return RemoveAll(done);
}

absl::Status Verify(const PartStore& parts, const Manifest& manifest, const OnBytes& on_bytes) {
  for (const storagepb::BackupFile& file : manifest.files()) {
    for (const storagepb::BackupPart& part : file.parts()) {
      const auto bytes = parts.Read(part.sha256(), part.size_bytes());
      if (!bytes.ok()) return base::Annotate(bytes.status(), file.path());
      SLUICE_RETURN_IF_ERROR(on_bytes(part.size_bytes()));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::backup

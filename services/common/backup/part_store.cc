#include "common/backup/part_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "common/backup/file_sync.h"
#include "common/base/byte_source.h"
#include "common/base/hash.h"
#include "common/base/status.h"

namespace sluice::backup {

bool IsPartName(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string PartStore::FolderOf(std::string_view sha256) const {
  return fmt::format("{}/{}", directory_, sha256.substr(0, 2));
}

std::string PartStore::PathOf(std::string_view sha256) const {
  return fmt::format("{}/{}", FolderOf(sha256), sha256);
}

absl::StatusOr<PartStore::Stored> PartStore::Put(std::string_view bytes) {
  Stored stored;
  stored.sha256 = base::Sha256Hex(bytes);
  if (Has(stored.sha256, bytes.size())) return stored;
  stored.is_new = true;
  const std::string folder = FolderOf(stored.sha256);
  const std::string incoming = directory_ + "/incoming";
  SLUICE_RETURN_IF_ERROR(MakeDirectory(folder));
  {
    NewFile file(incoming);
    SLUICE_RETURN_IF_ERROR(file.Write(bytes));
    // Before it has its name: what has one is whole, also for later backups.
    SLUICE_RETURN_IF_ERROR(file.Finish());
  }
  if (::rename(incoming.c_str(), PathOf(stored.sha256).c_str()) != 0) {
    return base::ErrnoStatus(errno, fmt::format("cannot name a part in {}", folder));
  }
  unsynced_.insert(folder);
  return stored;
}

absl::Status PartStore::Sync() {
  if (unsynced_.empty()) return absl::OkStatus();
  for (const std::string& folder : unsynced_) SLUICE_RETURN_IF_ERROR(SyncDirectory(folder));
  unsynced_.clear();
  return SyncDirectory(directory_);
}

bool PartStore::Has(std::string_view sha256, uint64_t size_bytes) const {
  std::error_code error;
  const auto size = std::filesystem::file_size(PathOf(sha256), error);
  return !error && size == size_bytes;
}

absl::StatusOr<std::string> PartStore::Read(std::string_view sha256, uint64_t size_bytes) const {
  const std::string path = PathOf(sha256);
  auto source = base::FileByteSource::Open(path);
  if (!source.ok()) {
    return absl::DataLossError(
        fmt::format("a part is missing or cannot be read: {}", base::Message(source.status())));
  }
  std::string bytes(size_bytes, '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got,
                            (*source)->Read(bytes.data() + filled, bytes.size() - filled));
    if (got == 0) break;
    filled += got;
  }
  if (filled != size_bytes || (*source)->size() != size_bytes || base::Sha256Hex(bytes) != sha256) {
    return absl::DataLossError(fmt::format(
        "{} is damaged: its bytes are not those that were stored. Removed, it is stored again by "
        "the next backup that needs it; backups without it may still be restored",
        path));
  }
  return bytes;
}

absl::Status PartStore::RemoveAllBut(const absl::flat_hash_set<std::string>& needed) {
  std::error_code error;
  std::vector<std::filesystem::path> surplus;
  for (auto entry = std::filesystem::recursive_directory_iterator(directory_, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file(error)) continue;
    if (!needed.contains(entry->path().filename().string())) surplus.push_back(entry->path());
  }
  if (error) return base::ErrnoStatus(error.value(), fmt::format("cannot list {}", directory_));
  for (const auto& path : surplus) {
    std::filesystem::remove(path, error);
    if (error) {
      return base::ErrnoStatus(error.value(), fmt::format("cannot remove {}", path.string()));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::backup

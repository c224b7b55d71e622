// The bytes of all backups of a directory, in parts named by their SHA-256: what is equal is stored
// once, whatever file and backup it belongs to, and what is stored is never changed.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"

namespace sluice::backup {

// Largest part.
inline constexpr uint64_t kPartBytesMax = 4u << 20;

// Thread-compatible. One process writes at a time (backup_directory.h).
class PartStore {
 public:
  explicit PartStore(std::string directory) : directory_(std::move(directory)) {}

  struct Stored {
    std::string sha256;
    // It was not there before.
    bool is_new = false;
  };
  // On the disk once Sync was called. ResourceExhausted when that is full.
  absl::StatusOr<Stored> Put(std::string_view bytes);
  absl::Status Sync();
  // Whether it is there with that size; what is in it only Read looks at.
  bool Has(std::string_view sha256, uint64_t size_bytes) const;
  // DataLoss when it is missing or damaged.
  absl::StatusOr<std::string> Read(std::string_view sha256, uint64_t size_bytes) const;
  // Removes all other parts, and what cut runs have left.
  absl::Status RemoveAllBut(const absl::flat_hash_set<std::string>& needed);

 private:
  std::string FolderOf(std::string_view sha256) const;
  std::string PathOf(std::string_view sha256) const;

  const std::string directory_;
  // Folders with new names.
  std::set<std::string> unsynced_;
};

// Whether the text may be the name of a part.
bool IsPartName(std::string_view text);

}  // namespace sluice::backup

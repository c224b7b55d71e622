// One backup that is being made.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "common/backup/backup_directory.h"

namespace sluice::backup {

// Called with the bytes that were dealt with since the last call; not OK ends the work with that.
using OnBytes = std::function<absl::Status(uint64_t bytes)>;

// Thread-compatible. What is passed by reference outlives it.
class BackupWriter {
 public:
  // `manifest` says what it is a backup of; files and their bytes are added here.
  BackupWriter(BackupDirectory& directory, Manifest manifest, OnBytes on_bytes);

  Manifest& manifest() { return manifest_; }
  // A file that nobody changes meanwhile, under a name; in parts of that many bytes: smaller ones
  // find more again of a file that is changed in places.
  absl::Status AddFile(const std::string& file, const std::string& name,
                       uint64_t part_bytes = kPartBytesMax);
  // A file whose name and size tell its bytes. It is read only if no backup has it yet.
  absl::Status AddNamedFile(const std::string& file, const std::string& name, uint64_t size_bytes);
  // Makes it a backup.
  absl::Status Finish();

 private:
  // Whether the newest backup has the file and its parts are there; then it is added.
  absl::StatusOr<bool> AddFromNewest(const std::string& name, uint64_t size_bytes);

  BackupDirectory& directory_;
  Manifest manifest_;
  const OnBytes on_bytes_;
  // Empty when there is none that can be read.
  Manifest newest_;
};

}  // namespace sluice::backup

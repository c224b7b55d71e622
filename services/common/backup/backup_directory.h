// A directory that holds backups: `manifests/`, one file a backup, and `parts/`, the bytes of all.
//
// A backup is there when its manifest is: that is written last, at once, and after everything it
// names is on the disk. So a backup that was cut harms none that was made before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/backup/manifest.h"
#include "common/backup/part_store.h"

namespace sluice::backup {

// Thread-compatible.
class BackupDirectory {
 public:
  // For a new backup: makes the directory when there is none, and holds it. Aborted while another
  // process does, FailedPrecondition when something else is in it.
  static absl::StatusOr<std::unique_ptr<BackupDirectory>> OpenToWrite(const std::string& path);
  // For a restore: nobody removes anything meanwhile. NotFound when there is none.
  static absl::StatusOr<std::unique_ptr<BackupDirectory>> OpenToRead(const std::string& path);
  ~BackupDirectory();
  BackupDirectory(const BackupDirectory&) = delete;
  BackupDirectory& operator=(const BackupDirectory&) = delete;

  const std::string& path() const { return path_; }
  PartStore& parts() { return parts_; }
  // For who writes: a file of its own; what a cut run has left under that name may be removed.
  std::string ScratchFile() const { return path_ + "/scratch.db"; }

  // Oldest first.
  absl::StatusOr<std::vector<std::string>> Ids() const;
  // As ParseManifest.
  absl::StatusOr<Manifest> Read(const std::string& id) const;
  // The backup that begins with `given`, the newest when that is empty. NotFound when there is none
  // or more than one.
  absl::StatusOr<Manifest> Find(const std::string& given) const;
  // Makes it a backup. Its parts were put into parts().
  absl::Status Store(const Manifest& manifest);
  // Removes all but the newest, and the bytes that nobody needs any more; how many were removed.
  // One whose manifest cannot be read is counted as any other, but while one is kept no bytes are
  // removed.
  absl::StatusOr<uint64_t> KeepNewest(size_t count);

 private:
  BackupDirectory(std::string path, int lock)
      : path_(std::move(path)), lock_(lock), parts_(path_ + "/parts") {}
  std::string ManifestPath(const std::string& id) const;

  const std::string path_;
  // Of the lock's file; -1 where it cannot be written.
  const int lock_;
  PartStore parts_;
};

}  // namespace sluice::backup

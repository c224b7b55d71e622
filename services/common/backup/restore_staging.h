// A backup on its way into an empty directory: all files are put into `.restoring` there, checked
// and synced, and only then into their places, by renaming.
//
// Whoever finds `.restoring` in a directory finds a restore that was cut, and must not use the rest
// (IsBeingRestored). The same restore again finishes it: what was not whole is begun anew, what was
// whole is only put into its places.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/backup/backup_directory.h"
#include "common/backup/backup_writer.h"

namespace sluice::backup {

// Whether a restore into the directory was begun and not finished.
bool IsBeingRestored(const std::string& directory);

// Thread-compatible. The caller keeps others away from the directory.
class RestoreStaging {
 public:
  // The directory exists. FailedPrecondition when something else is in it.
  static absl::StatusOr<RestoreStaging> Open(const std::string& directory);

  // Id of the backup that a cut run has staged as a whole: only Place is left. Else empty.
  const std::string& whole() const { return staged_.id(); }
  // Stages all files. FailedPrecondition when something is where a file that lies elsewhere
  // belongs; DataLoss when the backup is damaged. Then nothing has happened.
  absl::Status Stage(const PartStore& parts, const Manifest& manifest, const OnBytes& on_bytes);
  // Puts all into their places; control's database last. What is staged must be whole.
  absl::Status Place();

 private:
  explicit RestoreStaging(std::string directory) : directory_(std::move(directory)) {}
  // Beside the place of a file that lies elsewhere.
  static std::string StagedElsewhere(const std::string& path) { return path + ".restoring"; }
  absl::Status StageAll(const PartStore& parts, const Manifest& manifest, const OnBytes& on_bytes);
  absl::Status PlaceElsewhere(const std::string& path);

  const std::string directory_;
  // What was staged as a whole.
  Manifest staged_;
};

// Whether all bytes of the backup are there. DataLoss names the first that are not.
absl::Status Verify(const PartStore& parts, const Manifest& manifest, const OnBytes& on_bytes);

}  // namespace sluice::backup

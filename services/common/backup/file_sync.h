// Files that are whole and on the disk, or not there.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::backup {

// A new file for its owner alone; removed unless it is finished. Thread-compatible.
class NewFile {
 public:
  // Replaces what a cut run has left under that name.
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // ResourceExhausted when the disk is full. Both also tell of a file that could not be made.
  absl::Status Write(std::string_view bytes);
  // Its bytes are on the disk, its name is not: see SyncDirectory.
  absl::Status Finish();

 private:
  const std::string path_;
  int fd_;
  const int error_;
  bool finished_ = false;
};

// What was made, renamed and removed in the folder stays so after a power loss.
absl::Status SyncDirectory(const std::string& path);

// Makes the folder and those above it, for their owner alone.
absl::Status MakeDirectory(const std::string& path);

// The whole text under the name at once, on the disk.
absl::Status StoreText(const std::string& path, std::string_view text);

}  // namespace sluice::backup

// A small file that may be replaced while the process runs, as secrets are when they are renewed.
#pragma once

#include <sys/stat.h>

#include <string>

#include "absl/status/statusor.h"

namespace sluice::rpc {

// Thread-compatible.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // Looks again: true when the file is not the one of the last call that was OK, and at the first.
  absl::StatusOr<bool> Refresh();
  // As of the last Refresh that was OK.
  const std::string& text() const { return text_; }

 private:
  const std::string path_;
  struct ::stat seen_ {};
  bool read_ = false;
  std::string text_;
};

}  // namespace sluice::rpc

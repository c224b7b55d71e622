// The data directory: log/ state/ uploads/ datasets/ control.db sink.db LOCK server. One process at
// a time works in it; others may look.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::cli {

// Holds the directory until it is destroyed.
class DataDirectory {
 public:
  // Makes the directory when it is missing and locks it. Aborted when another process holds it,
  // with that one's id in the message.
  // FailedPrecondition when a restore into it was not finished.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Lock(const std::string& path);
  // For a restore into it.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> LockToRestore(const std::string& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string log() const { return path_ + "/log"; }
  std::string uploads() const { return path_ + "/uploads"; }
  std::string datasets() const { return path_ + "/datasets"; }
  std::string control() const { return path_ + "/control.db"; }
  // Where a backup has its copy of the log while it is made.
  std::string log_snapshot() const { return path_ + "/log.snapshot"; }
  // Removes what backups and restores that were cut have left; what cannot be removed now stays.
  void RemoveLeftovers() const;
  // The socket for verbs of this user; empty when its path would be too long for one.
  std::string socket() const;
  // Tells others where this process serves: a line each for HTTP, gRPC (host:port; empty = none)
  // and, as unix:PATH, the socket (empty = none).
  absl::Status WriteServer(std::string_view http, std::string_view grpc, std::string_view socket);

 private:
  DataDirectory(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;
  bool serving_ = false;
};

// The socket of the process that serves in this directory, as unix:PATH; empty when none does. What
// a process that was killed has left is not taken for one.
std::string RunningServer(const std::string& data_dir);

}  // namespace sluice::cli

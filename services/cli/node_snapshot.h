// What a process owns as of one moment, to be copied while it works on: its databases and its log.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/database/sqlite.h"
#include "control/control_store.h"

namespace sluice::cli {

// Thread-compatible.
class NodeSnapshot {
 public:
  struct Sink {
    control::SinkRecord record;
    // It is the data directory's own, and moves with it.
    bool own = false;
    // The file, when it is one.
    std::string path;
    // Reads that moment; null when it could not be taken.
    std::unique_ptr<database::SqliteConnection> database;
    std::string why_not_taken;
  };

  NodeSnapshot() = default;
  // Removes the copy of the log.
  ~NodeSnapshot();
  NodeSnapshot(const NodeSnapshot&) = delete;
  NodeSnapshot& operator=(const NodeSnapshot&) = delete;

  absl::Time taken_at;
  std::string log_id;
  // Files of the log, of nobody else.
  std::string log_directory;
  std::unique_ptr<database::SqliteConnection> control;
  std::vector<Sink> sinks;
  // Imports that have not ended.
  uint64_t running_imports = 0;
};

// A database as it is read from now on. NotFound when there is no such file.
absl::StatusOr<std::unique_ptr<database::SqliteConnection>> OpenSnapshot(const std::string& path);

}  // namespace sluice::cli

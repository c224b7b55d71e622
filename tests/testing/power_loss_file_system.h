// RocksDB's files on a machine that can lose its power: writes reach the files at once, but only
// what was synced outlives the loss. Real syncs are left out, so that many runs are quick.
//
// Order: LosePower (every later write fails), destroy the database, Restore (the files become what
// the disk would hold), open again.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"

namespace sluice::testing {

// What is known of files whose bytes or names are not on disk yet. Thread-safe.
class UnsyncedFiles {
 public:
  bool lost() const;
  void Lose();
  void Created(const std::string& path);
  void Written(const std::string& path, uint64_t size);
  void Synced(const std::string& path);
  void Deleted(const std::string& path);
  // `replaced`: the bytes of the file that had the name before.
  void Renamed(const std::string& from, const std::string& to, std::optional<std::string> replaced);
  void DirectorySynced(const std::string& directory);
  // Of a file's bytes that were not synced, a random prefix may survive when `keep_some`.
  void Restore(std::mt19937_64& random, bool keep_some);

 private:
  struct File {
    uint64_t size = 0;
    uint64_t synced = 0;
    // The name is not on disk yet; then what had it before is.
    bool name_pending = false;
    std::optional<std::string> replaced;
  };

  mutable base::Mutex mutex_;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, File> files_ ABSL_GUARDED_BY(mutex_);
};

class PowerLossFileSystem {
 public:
  PowerLossFileSystem();
  rocksdb::Env* env() { return env_.get(); }
  void LosePower() { files_->Lose(); }
  void Restore(std::mt19937_64& random, bool keep_some) { files_->Restore(random, keep_some); }

 private:
  const std::shared_ptr<UnsyncedFiles> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace sluice::testing

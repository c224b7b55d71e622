// One RocksDB of the process: opened with our options, its errors as Status, its syncs shared.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::state {

// Column families. The names are on disk: never change them.
enum class Family : size_t { kMeta = 0, kLog = 1, kTables = 2, kTableIndex = 3, kState = 4 };
inline constexpr size_t kFamilyCount = 5;

struct RocksOptions {
  std::string path;
  // Not owned; nullptr = the machine's. The power-loss simulation puts its own here.
  rocksdb::Env* env = nullptr;
  size_t block_cache_bytes = 16u << 20;
  // For each of the log and the state.
  size_t write_buffer_bytes = 16u << 20;
};

// Thread-safe, as rocksdb::DB is.
class RocksDatabase {
 public:
  // Creates the database when there is none. ResourceExhausted, nothing written, when the disk may
  // be too full to take in what its write-ahead logs hold.
  static absl::StatusOr<std::unique_ptr<RocksDatabase>> Open(const RocksOptions& options);
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }
  // Bytes on disk and in memtables, for metrics.
  uint64_t SizeBytes() const;

 private:
  RocksDatabase() = default;

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

// NoSpace is ResourceExhausted and retryable; corruption and missing files are DataLoss; the rest
// Internal.
absl::Status ToStatus(const rocksdb::Status& status, std::string_view what);

}  // namespace sluice::state

#include "common/state/rocks_database.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "absl/strings/match.h"
#include "common/base/status.h"

namespace sluice::state {
namespace {

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  // One thread for flushes, one for compactions: the machine may have two cores. Below 8, because
  // of a misordering bug of 7.8 with more.
  db.max_background_jobs = 2;
  // Stops at the first hole: what is recovered is a prefix of what was written. Fences notice when
  // that prefix lacks something that had left the log.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.max_total_wal_size = 256u << 20;
  db.bytes_per_sync = 1u << 20;
  db.keep_log_file_num = 3;
  db.max_log_file_size = 4u << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  if (options.env != nullptr) db.env = options.env;
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const RocksOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions column;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  column.compression = rocksdb::kNoCompression;
  column.max_write_buffer_number = 3;
  switch (family) {
    case Family::kLog:
      // Large values in ascending keys, read once and dropped by range soon after.
      column.write_buffer_size = options.write_buffer_bytes;
      // Late: by then most of it is trimmed and need not be written again.
      column.level0_file_num_compaction_trigger = 16;
      column.level0_slowdown_writes_trigger = 40;
      column.level0_stop_writes_trigger = 60;
      break;
    case Family::kState:
      column.write_buffer_size = options.write_buffer_bytes;
      column.memtable_whole_key_filtering = true;
      column.memtable_prefix_bloom_size_ratio = 0.1;
      // Random keys, mostly written once: levels would rewrite the same claims again and again.
      column.compaction_style = rocksdb::kCompactionStyleUniversal;
      table.block_size = 4096;
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      table.whole_key_filtering = true;
      // Filters and indexes in pieces, in the cache like everything else: memory does not grow with
      // the number of claims.
      table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
      table.partition_filters = true;
      table.cache_index_and_filter_blocks = true;
      table.pin_top_level_index_and_filter = true;
      break;
    default:
      column.write_buffer_size = 2u << 20;
      break;
  }
  column.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return column;
}

// For what opening writes besides the tables of its write-ahead logs.
constexpr uint64_t kLeastFreeBytes = 4u << 20;

// Opening writes what is in the write-ahead logs into tables. RocksDB as Debian builds it aborts
// when it comes to write again to a file that did not fit, so a full disk must be seen before.
rocksdb::Status CheckRoom(const RocksOptions& options) {
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  std::vector<rocksdb::Env::FileAttributes> files;
  // There is no directory yet, or the open itself says what is wrong with it.
  if (!env->GetChildrenFileAttributes(options.path, &files).ok()) return rocksdb::Status::OK();
  uint64_t needed = kLeastFreeBytes;
  for (const auto& file : files) {
    if (absl::EndsWith(file.name, ".log")) needed += file.size_bytes;
  }
  uint64_t free = 0;
  if (!env->GetFreeSpace(options.path, &free).ok() || free >= needed) return rocksdb::Status::OK();
  return rocksdb::Status::NoSpace(
      fmt::format("{} bytes are free and {} may be needed", free, needed));
}

constexpr const char* kFamilyNames[kFamilyCount] = {"default", "log", "tables", "table_index",
                                                    "state"};

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDatabase>> RocksDatabase::Open(const RocksOptions& options) {
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    families.emplace_back(kFamilyNames[i], FamilyOptions(static_cast<Family>(i), options, cache));
  }
  std::unique_ptr<RocksDatabase> database(new RocksDatabase());
  rocksdb::DB* db = nullptr;
  rocksdb::Status status = CheckRoom(options);
  if (status.ok()) {
    status = rocksdb::DB::Open(DatabaseOptions(options), options.path, families,
                               &database->handles_, &db);
  }
  if (!status.ok()) {
    return ToStatus(status, fmt::format("cannot open the log and state in {}", options.path));
  }
  database->db_.reset(db);
  return database;
}

RocksDatabase::~RocksDatabase() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  db_->Close();
}

uint64_t RocksDatabase::SizeBytes() const {
  uint64_t total = 0;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    uint64_t value = 0;
    if (db_->GetIntProperty(handle, "rocksdb.total-sst-files-size", &value)) total += value;
    if (db_->GetIntProperty(handle, "rocksdb.cur-size-all-mem-tables", &value)) total += value;
  }
  return total;
}

absl::Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = fmt::format("{}: {}", what, status.ToString());
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(fmt::format(
        "{} (the disk is full: free space, or move the data directory with --data-dir)", message));
  }
  // A file that is missing is damage too: a database that is not there is created.
  if (status.IsCorruption() || status.IsPathNotFound()) return absl::DataLossError(message);
  if (status.IsNotFound()) return absl::NotFoundError(message);
  if (status.IsBusy() || status.IsTryAgain()) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

}  // namespace sluice::state

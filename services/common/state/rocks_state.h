// The state of stages in a RocksDB: key = partition (2 bytes, big-endian), then the stage's key.
#pragma once

#include <rocksdb/write_batch.h>

#include "common/state/rocks_database.h"
#include "common/stream/state_change.h"

namespace sluice::state {

// Adds a change to a write batch.
void AddStateChange(const RocksDatabase& database, const stream::StateChange& change,
                    rocksdb::WriteBatch& batch);

// Reads what was written. Thread-safe. The database outlives it.
class RocksStateReader : public stream::StateReader {
 public:
  explicit RocksStateReader(RocksDatabase& database) : database_(database) {}
  absl::Status MultiGet(uint32_t partition, const std::vector<std::string_view>& keys,
                        std::vector<std::string>& values, std::vector<bool>& found) const override;

 private:
  RocksDatabase& database_;
};

// Two big-endian bytes: how partitions stand in keys.
void AppendPartition(uint32_t partition, std::string& key);

// The smallest key above all keys with this prefix.
std::string PrefixEnd(std::string_view prefix);

}  // namespace sluice::state

// A transaction of the embedded log: one RocksDB write batch.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/embedded/block.h"
#include "common/embedded/embedded_log.h"
#include "common/stream/log.h"

namespace sluice::embedded {

// Thread-compatible. The log outlives it.
class EmbeddedTransaction : public stream::Transaction {
 public:
  explicit EmbeddedTransaction(EmbeddedLog& log) : log_(log) {}

  void Append(stream::TopicPartition to, const stream::RecordHeaders& headers, std::string_view key,
              std::string_view value) override;
  void Upsert(stream::TopicPartition to, std::string_view key, std::string_view value) override;
  void Consumed(std::string_view group, stream::TopicPartition of, uint64_t next_offset) override;
  void Change(const stream::StateChange& change) override;
  absl::StatusOr<stream::LogPosition> Commit() override;

 private:
  struct TableWrite {
    stream::TopicPartition to;
    std::string key;
    std::string value;
  };

  // The ends of the partitions written, as they will be after the commit.
  using Ends = std::map<std::pair<stream::TopicId, uint32_t>, uint64_t>;

  absl::Status AddTableWrites(Ends& ends) ABSL_EXCLUSIVE_LOCKS_REQUIRED(log_.commit_mutex_);
  uint64_t& EndOf(Ends& ends, stream::TopicPartition of);

  EmbeddedLog& log_;
  std::vector<std::pair<stream::TopicPartition, BlockBuilder>> appends_;
  std::vector<TableWrite> upserts_;
  rocksdb::WriteBatch batch_;
};

}  // namespace sluice::embedded

// The log in one process, on RocksDB: records in blocks, and outputs, offsets and state of a
// transaction in one write batch. RocksDB is the truth; its write-ahead log is synced by group
// commit before anything made from a record leaves the log.
//
// Guarantees: a killed process loses nothing that was committed. A power loss loses a suffix of
// what was written, never something in the middle, and nothing that WaitDurable had confirmed.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/base/ulid.h"
#include "common/embedded/syncer.h"
#include "common/state/rocks_database.h"
#include "common/state/rocks_state.h"
#include "common/stream/log.h"

namespace sluice::embedded {

struct EmbeddedLogOptions {
  state::RocksOptions rocks;
  // For a new log; an old one keeps its number and another number is refused.
  uint32_t partitions = 4;
  // Newest blocks kept in memory for readers that keep up.
  size_t tail_cache_bytes = 24u << 20;
};

// Thread-safe.
class EmbeddedLog : public stream::Log, public stream::Offsets {
 public:
  static absl::StatusOr<std::unique_ptr<EmbeddedLog>> Open(const EmbeddedLogOptions& options,
                                                           base::UlidGenerator& ids);

  std::string_view id() const override { return id_; }
  uint32_t partitions() const override { return partitions_; }
  absl::StatusOr<stream::TopicId> OpenTopic(std::string_view name) override;
  absl::StatusOr<std::unique_ptr<stream::RecordSource>> OpenSource(std::string_view group,
                                                                   stream::TopicId topic) override;
  std::unique_ptr<stream::Transaction> Begin() override;
  stream::Offsets& offsets() override { return *this; }
  absl::StatusOr<uint64_t> ReadTable(stream::TopicPartition of, uint64_t from_offset,
                                     const TableVisitor& visit) override;
  stream::LogPosition position() const override;
  void RequestDurable(stream::LogPosition position) override { syncer_->Request(position); }
  absl::Status WaitDurable(stream::LogPosition position) override {
    return syncer_->Wait(position);
  }
  uint64_t WaitForWrite(uint64_t seen, absl::Duration timeout) override;

  absl::StatusOr<uint64_t> Start(stream::TopicPartition of) override;
  absl::StatusOr<uint64_t> End(stream::TopicPartition of) override;
  absl::StatusOr<std::optional<uint64_t>> Committed(std::string_view group,
                                                    stream::TopicPartition of) override;

  // Drops whole blocks below `before`. Readers must be past it.
  absl::Status Trim(stream::TopicPartition of, uint64_t before);
  // A log of its own in a new directory of the same file system, as of all commits: files that
  // never change are linked, the others small copies.
  absl::Status CopyTo(const std::string& directory);
  // State of the stages, as of all commits.
  const stream::StateReader& state() const { return state_; }
  uint64_t SizeBytes() const { return database_->SizeBytes(); }

 private:
  friend class EmbeddedSource;
  friend class EmbeddedTransaction;

  struct CachedBlock {
    uint64_t base = 0;
    uint32_t count = 0;
    std::shared_ptr<const std::string> bytes;
  };
  struct Partition {
    uint64_t start = 0;
    uint64_t end = 0;
    std::deque<CachedBlock> tail;
  };

  EmbeddedLog(const EmbeddedLogOptions& options, std::unique_ptr<state::RocksDatabase> database);
  absl::Status LoadOrCreate(base::UlidGenerator& ids, uint32_t wanted_partitions);
  absl::Status LoadPartition(stream::TopicPartition of, Partition& partition);
  absl::StatusOr<std::optional<uint64_t>> MetaNumber(const std::string& key);
  absl::StatusOr<uint64_t> LastTableOffset(stream::TopicPartition of);
  Partition& At(stream::TopicPartition of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cache(stream::TopicPartition of, CachedBlock block) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The block that holds `offset`, or null when the offset is the end.
  absl::StatusOr<CachedBlock> FindBlock(stream::TopicPartition of, uint64_t offset);

  const size_t tail_cache_bytes_;
  std::unique_ptr<state::RocksDatabase> database_;
  state::RocksStateReader state_;
  std::unique_ptr<Syncer> syncer_;
  std::string id_;
  uint32_t partitions_ = 0;

  // Orders commits; taken before mutex_.
  base::Mutex commit_mutex_;
  base::Mutex mutex_;
  std::map<std::string, stream::TopicId, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
  // By topic, then partition.
  std::deque<std::vector<Partition>> states_ ABSL_GUARDED_BY(mutex_);
  std::deque<stream::TopicPartition> cached_order_ ABSL_GUARDED_BY(mutex_);
  size_t cached_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t writes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::embedded

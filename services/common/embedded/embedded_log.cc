#include "common/embedded/embedded_log.h"

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/embedded/block.h"
#include "common/embedded/embedded_source.h"
#include "common/embedded/embedded_transaction.h"
#include "common/embedded/keys.h"

namespace sluice::embedded {

using state::Family;
using state::ToStatus;
using stream::TopicId;
using stream::TopicPartition;

absl::StatusOr<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const EmbeddedLogOptions& options,
                                                               base::UlidGenerator& ids) {
  SLUICE_ASSIGN_OR_RETURN(auto database, state::RocksDatabase::Open(options.rocks));
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog(options, std::move(database)));
  SLUICE_RETURN_IF_ERROR(log->LoadOrCreate(ids, options.partitions));
  return log;
}

EmbeddedLog::EmbeddedLog(const EmbeddedLogOptions& options,
                         std::unique_ptr<state::RocksDatabase> database)
    : tail_cache_bytes_(options.tail_cache_bytes),
      database_(std::move(database)),
      state_(*database_),
      syncer_(std::make_unique<Syncer>(*database_)) {}

absl::Status EmbeddedLog::LoadOrCreate(base::UlidGenerator& ids, uint32_t wanted_partitions) {
  rocksdb::DB& db = database_->db();
  rocksdb::ColumnFamilyHandle* meta = database_->family(Family::kMeta);
  rocksdb::Status status = db.Get(rocksdb::ReadOptions(), meta, "id", &id_);
  if (status.IsNotFound()) {
    id_ = ids.Next();
    std::string partitions;
    AppendBigEndian64(wanted_partitions, partitions);
    rocksdb::WriteBatch batch;
    batch.Put(meta, "id", id_);
    batch.Put(meta, "partitions", partitions);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    SLUICE_RETURN_IF_ERROR(ToStatus(db.Write(synced, &batch), "cannot create the log"));
  } else {
    SLUICE_RETURN_IF_ERROR(ToStatus(status, "cannot read the log"));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto partitions, MetaNumber("partitions"));
  if (!partitions.has_value()) return absl::DataLossError("the log has no number of partitions");
  partitions_ = static_cast<uint32_t>(*partitions);
  if (partitions_ != wanted_partitions) {
    return absl::FailedPreconditionError(
        fmt::format("the log has {} partitions, the setting 'partitions' says {}: set it back, or "
                    "use another data directory",
                    partitions_, wanted_partitions));
  }
  base::MutexLock lock(&mutex_);
  std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(rocksdb::ReadOptions(), meta));
  constexpr std::string_view kPrefix = "topic/";
  for (it->Seek("topic/"); it->Valid() && it->key().starts_with("topic/"); it->Next()) {
    const std::string name(it->key().data() + kPrefix.size(), it->key().size() - kPrefix.size());
    const auto topic = static_cast<TopicId>(ReadBigEndian64(it->value().ToStringView()));
    topics_.emplace(name, topic);
    while (states_.size() <= topic) states_.emplace_back(partitions_);
    for (uint32_t p = 0; p < partitions_; ++p) {
      SLUICE_RETURN_IF_ERROR(LoadPartition({topic, p}, states_[topic][p]));
    }
  }
  return ToStatus(it->status(), "cannot read the log's topics");
}

absl::StatusOr<std::optional<uint64_t>> EmbeddedLog::MetaNumber(const std::string& key) {
  std::string value;
  const rocksdb::Status status =
      database_->db().Get(rocksdb::ReadOptions(), database_->family(Family::kMeta), key, &value);
  if (status.IsNotFound()) return std::optional<uint64_t>();
  SLUICE_RETURN_IF_ERROR(ToStatus(status, "cannot read the log"));
  return std::optional<uint64_t>(ReadBigEndian64(value));
}

absl::Status EmbeddedLog::LoadPartition(TopicPartition of, Partition& partition) {
  SLUICE_ASSIGN_OR_RETURN(const auto start, MetaNumber(StartKey(of)));
  SLUICE_ASSIGN_OR_RETURN(const auto end, MetaNumber(EndKey(of)));
  partition.start = start.value_or(0);
  partition.end = end.value_or(0);
  const std::string prefix = PartitionKey(of);
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->family(Family::kLog)));
  it->SeekForPrev(OffsetKey(of, UINT64_MAX));
  if (it->Valid() && it->key().starts_with(prefix)) {
    const uint64_t base = OffsetOfKey(it->key().ToStringView());
    partition.end = std::max(partition.end, base + BlockCount(it->value().ToStringView()));
  }
  SLUICE_RETURN_IF_ERROR(ToStatus(it->status(), "cannot read the log"));
  SLUICE_ASSIGN_OR_RETURN(const uint64_t table_end, LastTableOffset(of));
  partition.end = std::max(partition.end, table_end);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> EmbeddedLog::LastTableOffset(TopicPartition of) {
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->family(Family::kTables)));
  it->SeekForPrev(OffsetKey(of, UINT64_MAX));
  uint64_t end = 0;
  if (it->Valid() && it->key().starts_with(PartitionKey(of))) {
    end = OffsetOfKey(it->key().ToStringView()) + 1;
  }
  SLUICE_RETURN_IF_ERROR(ToStatus(it->status(), "cannot read the log"));
  return end;
}

absl::StatusOr<TopicId> EmbeddedLog::OpenTopic(std::string_view name) {
  base::MutexLock lock(&mutex_);
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second;
  const auto topic = static_cast<TopicId>(states_.size());
  std::string value;
  AppendBigEndian64(topic, value);
  SLUICE_RETURN_IF_ERROR(
      ToStatus(database_->db().Put(rocksdb::WriteOptions(), database_->family(Family::kMeta),
                                   "topic/" + std::string(name), value),
               "cannot create a topic"));
  topics_.emplace(name, topic);
  states_.emplace_back(partitions_);
  return topic;
}

absl::StatusOr<std::unique_ptr<stream::RecordSource>> EmbeddedLog::OpenSource(
    std::string_view group, TopicId topic) {
  std::vector<uint64_t> positions(partitions_);
  for (uint32_t p = 0; p < partitions_; ++p) {
    SLUICE_ASSIGN_OR_RETURN(const auto committed, Committed(group, {topic, p}));
    SLUICE_ASSIGN_OR_RETURN(const uint64_t start, Start({topic, p}));
    positions[p] = std::max(committed.value_or(start), start);
  }
  return std::unique_ptr<stream::RecordSource>(
      std::make_unique<EmbeddedSource>(*this, topic, std::move(positions)));
}

std::unique_ptr<stream::Transaction> EmbeddedLog::Begin() {
  return std::make_unique<EmbeddedTransaction>(*this);
}

absl::StatusOr<uint64_t> EmbeddedLog::ReadTable(TopicPartition of, uint64_t from_offset,
                                                const TableVisitor& visit) {
  const std::string prefix = PartitionKey(of);
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->family(Family::kTables)));
  uint64_t next = from_offset;
  for (it->Seek(OffsetKey(of, from_offset)); it->Valid() && it->key().starts_with(prefix);
       it->Next()) {
    const std::string_view entry = it->value().ToStringView();
    uint32_t key_size = 0;
    if (entry.size() < sizeof(key_size)) return absl::DataLossError("a table entry is damaged");
    std::memcpy(&key_size, entry.data(), sizeof(key_size));
    if (entry.size() - sizeof(key_size) < key_size) {
      return absl::DataLossError("a table entry is damaged");
    }
    visit(entry.substr(sizeof(key_size), key_size), entry.substr(sizeof(key_size) + key_size));
    next = OffsetOfKey(it->key().ToStringView()) + 1;
  }
  SLUICE_RETURN_IF_ERROR(ToStatus(it->status(), "cannot read a table"));
  return next;
}

stream::LogPosition EmbeddedLog::position() const {
  return database_->db().GetLatestSequenceNumber();
}

uint64_t EmbeddedLog::WaitForWrite(uint64_t seen, absl::Duration timeout) {
  base::MutexLock lock(&mutex_);
  const auto written = [this, seen]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return writes_ != seen; };
  mutex_.AwaitWithTimeout(base::Condition(&written), timeout);
  return writes_;
}

absl::StatusOr<uint64_t> EmbeddedLog::Start(TopicPartition of) {
  base::MutexLock lock(&mutex_);
  return At(of).start;
}

absl::StatusOr<uint64_t> EmbeddedLog::End(TopicPartition of) {
  base::MutexLock lock(&mutex_);
  return At(of).end;
}

absl::StatusOr<std::optional<uint64_t>> EmbeddedLog::Committed(std::string_view group,
                                                               TopicPartition of) {
  return MetaNumber(GroupKey(group, of));
}

absl::Status EmbeddedLog::Trim(TopicPartition of, uint64_t before) {
  base::MutexLock lock(&mutex_);
  Partition& partition = At(of);
  before = std::min(before, partition.end);
  if (before <= partition.start) return absl::OkStatus();
  // Only whole blocks go: the block that holds `before` stays.
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->family(Family::kLog)));
  uint64_t keep = before;
  it->SeekForPrev(OffsetKey(of, before));
  if (it->Valid() && it->key().starts_with(PartitionKey(of))) {
    const uint64_t base = OffsetOfKey(it->key().ToStringView());
    if (base + BlockCount(it->value().ToStringView()) > before) keep = base;
  }
  if (keep <= partition.start) return absl::OkStatus();
  std::string start;
  AppendBigEndian64(keep, start);
  std::string end;
  AppendBigEndian64(partition.end, end);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(database_->family(Family::kLog), OffsetKey(of, 0), OffsetKey(of, keep));
  batch.Put(database_->family(Family::kMeta), StartKey(of), start);
  batch.Put(database_->family(Family::kMeta), EndKey(of), end);
  SLUICE_RETURN_IF_ERROR(
      ToStatus(database_->db().Write(rocksdb::WriteOptions(), &batch), "cannot trim the log"));
  partition.start = keep;
  return absl::OkStatus();
}

absl::Status EmbeddedLog::CopyTo(const std::string& directory) {
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status status = rocksdb::Checkpoint::Create(&database_->db(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  SLUICE_RETURN_IF_ERROR(ToStatus(status, "cannot copy the log"));
  return ToStatus(checkpoint->CreateCheckpoint(directory),
                  fmt::format("cannot copy the log to {}", directory));
}

EmbeddedLog::Partition& EmbeddedLog::At(TopicPartition of) {
  SLUICE_CHECK(of.topic < states_.size() && of.partition < partitions_, "no such partition");
  return states_[of.topic][of.partition];
}

void EmbeddedLog::Cache(TopicPartition of, CachedBlock block) {
  cached_bytes_ += block.bytes->size();
  At(of).tail.push_back(std::move(block));
  cached_order_.push_back(of);
  while (cached_bytes_ > tail_cache_bytes_) {
    std::deque<CachedBlock>& tail = At(cached_order_.front()).tail;
    cached_order_.pop_front();
    cached_bytes_ -= tail.front().bytes->size();
    tail.pop_front();
  }
}

absl::StatusOr<EmbeddedLog::CachedBlock> EmbeddedLog::FindBlock(TopicPartition of,
                                                                uint64_t offset) {
  {
    base::MutexLock lock(&mutex_);
    const Partition& partition = At(of);
    if (offset >= partition.end) return CachedBlock{};
    const auto& tail = partition.tail;
    if (!tail.empty() && offset >= tail.front().base) {
      auto next = std::upper_bound(tail.begin(), tail.end(), offset,
                                   [](uint64_t at, const CachedBlock& b) { return at < b.base; });
      return *std::prev(next);
    }
  }
  std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->family(Family::kLog)));
  it->SeekForPrev(OffsetKey(of, offset));
  SLUICE_RETURN_IF_ERROR(ToStatus(it->status(), "cannot read the log"));
  if (!it->Valid() || !it->key().starts_with(PartitionKey(of))) {
    return absl::DataLossError("the log lacks a block");
  }
  CachedBlock block;
  block.base = OffsetOfKey(it->key().ToStringView());
  block.bytes = std::make_shared<const std::string>(it->value().ToString());
  block.count = BlockCount(*block.bytes);
  if (offset >= block.base + block.count) return absl::DataLossError("the log lacks a block");
  return block;
}

}  // namespace sluice::embedded

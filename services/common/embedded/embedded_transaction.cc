#include "common/embedded/embedded_transaction.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/embedded/keys.h"

namespace sluice::embedded {

using state::Family;
using stream::TopicPartition;

void EmbeddedTransaction::Append(TopicPartition to, const stream::RecordHeaders& headers,
                                 std::string_view key, std::string_view value) {
  // A transaction writes to a handful of partitions, mostly to the same as before.
  auto found = std::find_if(appends_.rbegin(), appends_.rend(),
                            [&](const auto& entry) { return entry.first == to; });
  if (found == appends_.rend()) {
    appends_.emplace_back(to, BlockBuilder());
    found = appends_.rbegin();
  }
  found->second.Add(headers, key, value);
}

void EmbeddedTransaction::Upsert(TopicPartition to, std::string_view key, std::string_view value) {
  upserts_.push_back({to, std::string(key), std::string(value)});
}

void EmbeddedTransaction::Consumed(std::string_view group, TopicPartition of,
                                   uint64_t next_offset) {
  std::string value;
  AppendBigEndian64(next_offset, value);
  batch_.Put(log_.database_->family(Family::kMeta), GroupKey(group, of), value);
}

void EmbeddedTransaction::Change(const stream::StateChange& change) {
  state::AddStateChange(*log_.database_, change, batch_);
}

absl::Status EmbeddedTransaction::AddTableWrites(Ends& ends) {
  rocksdb::DB& db = log_.database_->db();
  rocksdb::ColumnFamilyHandle* tables = log_.database_->family(Family::kTables);
  rocksdb::ColumnFamilyHandle* index = log_.database_->family(Family::kTableIndex);
  std::map<std::string, std::string> replaced_here;
  for (const TableWrite& write : upserts_) {
    const std::string index_key = PartitionKey(write.to) + write.key;
    std::string old = replaced_here[index_key];
    if (old.empty()) {
      const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), index, index_key, &old);
      if (!status.ok() && !status.IsNotFound()) {
        return state::ToStatus(status, "cannot read a table of the log");
      }
    }
    if (!old.empty()) batch_.Delete(tables, OffsetKey(write.to, ReadBigEndian64(old)));
    std::string offset_bytes;
    AppendBigEndian64(EndOf(ends, write.to)++, offset_bytes);
    replaced_here[index_key] = offset_bytes;
    if (write.value.empty()) {
      batch_.Delete(index, index_key);
      continue;
    }
    const auto key_size = static_cast<uint32_t>(write.key.size());
    std::string entry(reinterpret_cast<const char*>(&key_size), sizeof(key_size));
    entry += write.key;
    entry += write.value;
    batch_.Put(tables, PartitionKey(write.to) + offset_bytes, entry);
    batch_.Put(index, index_key, offset_bytes);
  }
  return absl::OkStatus();
}

uint64_t& EmbeddedTransaction::EndOf(Ends& ends, TopicPartition of) {
  const auto [entry, added] = ends.try_emplace({of.topic, of.partition}, 0);
  if (added) {
    base::MutexLock lock(&log_.mutex_);
    entry->second = log_.At(of).end;
  }
  return entry->second;
}

absl::StatusOr<stream::LogPosition> EmbeddedTransaction::Commit() {
  std::vector<std::pair<TopicPartition, EmbeddedLog::CachedBlock>> blocks;
  for (auto& [to, builder] : appends_) {
    for (BlockBuilder::Block& block : builder.Finish()) {
      blocks.emplace_back(
          to, EmbeddedLog::CachedBlock{
                  0, block.count, std::make_shared<const std::string>(std::move(block.bytes))});
    }
  }
  // Offsets are given and written under the commit mutex; readers, who need only the other one,
  // see the new ends once the write is done.
  base::MutexLock commit_lock(&log_.commit_mutex_);
  Ends ends;
  for (auto& [to, block] : blocks) {
    uint64_t& end = EndOf(ends, to);
    block.base = end;
    end += block.count;
    batch_.Put(log_.database_->family(Family::kLog), OffsetKey(to, block.base), *block.bytes);
  }
  SLUICE_RETURN_IF_ERROR(AddTableWrites(ends));
  SLUICE_RETURN_IF_ERROR(state::ToStatus(
      log_.database_->db().Write(rocksdb::WriteOptions(), &batch_), "cannot write the log"));
  base::MutexLock lock(&log_.mutex_);
  for (const auto& [of, end] : ends) log_.At({of.first, of.second}).end = end;
  for (auto& [to, block] : blocks) log_.Cache(to, std::move(block));
  ++log_.writes_;
  return log_.database_->db().GetLatestSequenceNumber();
}

}  // namespace sluice::embedded

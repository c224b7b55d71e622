#include "common/state/rocks_state.h"

#include "common/base/check.h"

namespace sluice::state {

void AppendPartition(uint32_t partition, std::string& key) {
  key.push_back(static_cast<char>(partition >> 8));
  key.push_back(static_cast<char>(partition));
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    if (static_cast<unsigned char>(end.back()) != 0xff) {
      ++end.back();
      return end;
    }
    end.pop_back();
  }
  return end;
}

void AddStateChange(const RocksDatabase& database, const stream::StateChange& change,
                    rocksdb::WriteBatch& batch) {
  std::string key;
  key.reserve(2 + change.key.size());
  AppendPartition(change.partition, key);
  key.append(change.key);
  rocksdb::ColumnFamilyHandle* family = database.family(Family::kState);
  rocksdb::Status status;
  switch (change.kind) {
    case stream::StateChange::Kind::kPut:
      status = batch.Put(family, key, {change.value.data(), change.value.size()});
      break;
    case stream::StateChange::Kind::kDelete:
      status = batch.Delete(family, key);
      break;
    case stream::StateChange::Kind::kDropPrefix:
      status = batch.DeleteRange(family, key, PrefixEnd(key));
      break;
  }
  SLUICE_CHECK(status.ok(), status.ToString());
}

absl::Status RocksStateReader::MultiGet(uint32_t partition,
                                        const std::vector<std::string_view>& keys,
                                        std::vector<std::string>& values,
                                        std::vector<bool>& found) const {
  std::string arena;
  size_t total = 0;
  for (const std::string_view key : keys) total += key.size() + 2;
  arena.reserve(total);
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (const std::string_view key : keys) {
    const size_t at = arena.size();
    AppendPartition(partition, arena);
    arena.append(key);
    slices.emplace_back(arena.data() + at, key.size() + 2);
  }
  std::vector<rocksdb::PinnableSlice> pinned(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database_.db().MultiGet(rocksdb::ReadOptions(), database_.family(Family::kState), keys.size(),
                          slices.data(), pinned.data(), statuses.data(), /*sorted_input=*/true);
  values.resize(keys.size());
  found.assign(keys.size(), false);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return ToStatus(statuses[i], "cannot read state");
    found[i] = true;
    values[i].assign(pinned[i].data(), pinned[i].size());
  }
  return absl::OkStatus();
}

}  // namespace sluice::state

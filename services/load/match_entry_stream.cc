#include "load/match_entry_stream.h"

#include <cstring>

#include "common/base/status.h"

namespace sluice::load {

std::string EncodeEntries(const MatchEntry* entries, size_t count) {
  static_assert(sizeof(MatchEntry) == 16);
  return {reinterpret_cast<const char*>(entries), count * sizeof(MatchEntry)};
}

std::vector<MatchEntry> DecodeEntries(std::string_view bytes) {
  std::vector<MatchEntry> entries(bytes.size() / sizeof(MatchEntry));
  std::memcpy(static_cast<void*>(entries.data()), bytes.data(),
              entries.size() * sizeof(MatchEntry));
  return entries;
}

void AppendRowsOf(uint64_t hash, std::string_view bytes, std::vector<int64_t>& rows) {
  // What the database hands out need not be aligned.
  const auto entry_at = [&](size_t i) {
    MatchEntry entry;
    std::memcpy(static_cast<void*>(&entry), bytes.data() + i * sizeof(entry), sizeof(entry));
    return entry;
  };
  const size_t count = bytes.size() / sizeof(MatchEntry);
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (entry_at(middle).hash < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < count && entry_at(low).hash == hash; ++low) rows.push_back(entry_at(low).row);
}

MatchMergeStream::MatchMergeStream(database::SqliteStatement& read_chunk,
                                   const std::vector<std::pair<int64_t, size_t>>& runs)
    : read_chunk_(read_chunk) {
  for (const auto& [run, chunks] : runs) inputs_.push_back({run, chunks, 0, {}, 0});
}

absl::StatusOr<bool> MatchMergeStream::Next(MatchEntry& entry) {
  Input* smallest = nullptr;
  for (Input& input : inputs_) {
    SLUICE_RETURN_IF_ERROR(Fill(input));
    if (input.at == input.entries.size()) continue;
    if (smallest == nullptr || input.entries[input.at] < smallest->entries[smallest->at]) {
      smallest = &input;
    }
  }
  if (smallest == nullptr) return false;
  entry = smallest->entries[smallest->at++];
  return true;
}

absl::Status MatchMergeStream::Fill(Input& input) {
  if (input.at < input.entries.size() || input.chunk == input.chunks) return absl::OkStatus();
  read_chunk_.Bind(1, MatchChunkId(input.run, input.chunk++));
  SLUICE_ASSIGN_OR_RETURN(const bool found, read_chunk_.Step());
  if (!found) return absl::DataLossError("the match index lacks a chunk");
  input.entries = DecodeEntries(read_chunk_.Blob(0));
  input.at = 0;
  read_chunk_.Reset();
  return absl::OkStatus();
}

}  // namespace sluice::load

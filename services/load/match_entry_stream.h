// Entries of the match index in ascending order, from memory or from the chunks of runs, and how a
// chunk holds them: 16 bytes each, hash and row id as the machine has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/database/sqlite.h"

namespace sluice::load {

struct MatchEntry {
  uint64_t hash = 0;
  int64_t row = 0;
  friend auto operator<=>(const MatchEntry&, const MatchEntry&) = default;
};

std::string EncodeEntries(const MatchEntry* entries, size_t count);
std::vector<MatchEntry> DecodeEntries(std::string_view bytes);
// Appends the rows of the hash in sorted, encoded entries.
void AppendRowsOf(uint64_t hash, std::string_view bytes, std::vector<int64_t>& rows);

// The key of a chunk in sluice_match_chunk.
inline int64_t MatchChunkId(int64_t run, size_t chunk) {
  return (run << 32) | static_cast<int64_t>(chunk);
}

// Thread-compatible.
class MatchEntryStream {
 public:
  virtual ~MatchEntryStream() = default;
  // False at the end.
  virtual absl::StatusOr<bool> Next(MatchEntry& entry) = 0;
};

// The entries are sorted and outlive it.
class MatchVectorStream : public MatchEntryStream {
 public:
  explicit MatchVectorStream(const std::vector<MatchEntry>& entries) : entries_(entries) {}
  absl::StatusOr<bool> Next(MatchEntry& entry) override {
    if (at_ == entries_.size()) return false;
    entry = entries_[at_++];
    return true;
  }

 private:
  const std::vector<MatchEntry>& entries_;
  size_t at_ = 0;
};

// Merges sorted runs; each is read chunk by chunk, so memory does not grow with the runs. The
// statement reads a chunk by its id and outlives the stream. DataLoss when a chunk is missing.
class MatchMergeStream : public MatchEntryStream {
 public:
  // (run, number of its chunks)
  MatchMergeStream(database::SqliteStatement& read_chunk,
                   const std::vector<std::pair<int64_t, size_t>>& runs);
  absl::StatusOr<bool> Next(MatchEntry& entry) override;

 private:
  struct Input {
    int64_t run;
    size_t chunks;
    size_t chunk;
    std::vector<MatchEntry> entries;
    size_t at;
  };

  absl::Status Fill(Input& input);

  database::SqliteStatement& read_chunk_;
  std::vector<Input> inputs_;
};

}  // namespace sluice::load

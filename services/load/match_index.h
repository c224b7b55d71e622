// Finds sink rows by key without a B-tree index: an LSM tree of (keyed hash of the key, row id)
// pairs, kept in tables of the sink's database and changed in the batch's transaction.
//
// Why: three ordinary text indexes make every batch touch every page of every index (measured: 39
// microseconds a row at a million rows, against 4 without). Here a batch appends its entries as one
// blob; sorted runs are merged in the background of later batches; a Bloom filter a run keeps
// lookups of unknown keys in memory. docs/adr/0005-match-index.md has the figures.
//
// Hits are candidates: an entry may be stale (the row changed or went) or collide, so the caller
// reads the row and compares. Missing entries would be wrong; rows changed by others come in
// through triggers (sqlite_sink.h).
//
// Tables: sluice_match_run(run, dataset, level, entries, fences) and
//         sluice_match_chunk(id = run * 2^32 + chunk, data). A level 0 run has one unsorted chunk;
//         the chunks of a sorted run are its entries and, from 2^31 on, the pieces of its filter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/database/sqlite.h"
#include "load/bloom_filter.h"
#include "load/match_entry_stream.h"

namespace sluice::load {

// Of one dataset. Thread-compatible. Changes belong to the connection's open transaction; after a
// rollback call Load again.
class MatchIndex {
 public:
  static absl::Status CreateTables(database::SqliteConnection& connection);

  MatchIndex(database::SqliteConnection& connection, std::string dataset)
      : connection_(connection), dataset_(std::move(dataset)) {}

  // Reads filters and recent entries into memory.
  absl::Status Load();
  // Forgets everything, on disk too.
  absl::Status Clear();

  void Add(uint64_t hash, int64_t row);
  // Writes what was added since the last flush, and merges runs that are due.
  absl::Status Flush();
  // Appends the rows of this hash to `rows`, without order, repeats possible.
  absl::Status Find(uint64_t hash, std::vector<int64_t>& rows);

  size_t memory_bytes() const;

 private:
  struct Run {
    int64_t id = 0;
    int level = 0;
    uint64_t entries = 0;
    BloomFilter bloom;
    // First hash of each chunk.
    std::vector<uint64_t> fences;
  };

  absl::Status PrepareStatements();
  absl::Status LoadRuns();
  absl::Status LoadRecent();
  void Remember(const MatchEntry& entry);
  void RememberAdded();
  absl::Status FindInRun(const Run& run, uint64_t hash, std::vector<int64_t>& rows);
  absl::Status WriteRecent();
  absl::Status SpillRecent();
  absl::Status MergeLevel(int level);
  absl::Status WriteRun(int level, uint64_t count, MatchEntryStream& entries);
  absl::Status WriteBloom(const Run& run);
  absl::Status ReadBloom(Run& run);
  absl::Status DropRun(int64_t run);
  absl::StatusOr<int64_t> NextRunId();

  database::SqliteConnection& connection_;
  const std::string dataset_;
  database::SqliteStatement read_chunk_;
  database::SqliteStatement write_chunk_;
  bool prepared_ = false;
  // Sorted runs, oldest first.
  std::vector<Run> runs_;
  // Entries since the last spill: on disk in level 0 runs, here for lookups.
  absl::flat_hash_map<uint64_t, int64_t> recent_;
  // Further rows of hashes that are in recent_ already.
  absl::flat_hash_map<uint64_t, std::vector<int64_t>> recent_more_;
  uint64_t recent_count_ = 0;
  std::vector<int64_t> recent_runs_;
  // Added since the last flush. What is below `remembered_` is in `recent_` too; the rest follows
  // when somebody looks, by then it is in the cache.
  std::vector<MatchEntry> added_;
  size_t remembered_ = 0;
};

}  // namespace sluice::load

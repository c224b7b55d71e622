// The first journal entries of rows that imports create, many to a row of the database.
//
// Why: one database row each took a fifth of load's time (docs/performance.md). Nearly all of them
// are written once and read only by a rollback, in order; so they are kept in blocks of up to 128
// entries with neighbouring row ids. An entry of the ordinary journal with number 1 replaces one
// kept here.
//
// Table: sluice_created_<dataset>(id = row id of the first entry, last = row id of the last one,
//        entries = storage.v1.CreatedRows). A block never crosses a multiple of 4096 in its ids,
//        so the block of a row is found among few.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/database/sqlite.h"
#include "load/created_block.h"
#include "load/sink.h"

namespace sluice::load {

// Of one dataset. Thread-compatible; the connection outlives it. Changes belong to the connection's
// open transaction; call Forget after a rollback.
class CreatedJournal {
 public:
  CreatedJournal(database::SqliteConnection& connection, std::string_view dataset)
      : connection_(connection), table_("sluice_created_" + std::string(dataset)) {}

  absl::Status CreateTable();
  absl::Status PrepareStatements();
  // The row is new. `fields` is copied. Kept in memory until Flush.
  void Add(RowId id, uint64_t source_row, std::string_view fields);
  // Writes what was added.
  absl::Status Flush();
  void Forget();
  // Also finds what is not flushed yet.
  absl::StatusOr<std::optional<CreatedEntry>> Find(RowId id);
  // Entries with ids from `from` to below `below`: at least `count` of the highest, if there are as
  // many, descending. With what is not flushed yet.
  absl::Status List(RowId from, RowId below, size_t count,
                    std::vector<std::pair<RowId, CreatedEntry>>& entries);
  // If there is such an entry; at the next Flush. It is not found any more.
  void Remove(RowId id);
  // The highest row id of an entry; 0 when there is none.
  absl::StatusOr<RowId> Last();

 private:
  struct Added {
    RowId id;
    uint64_t source_row;
    size_t at;
    size_t size;
  };

  std::optional<CreatedEntry> FindAdded(RowId id) const;
  absl::Status FlushAdded();
  absl::Status FlushRemoved();
  absl::Status RewriteBlocks(RowId bucket, std::span<const RowId> removed);
  bool IsRemoved(RowId id) const { return removed_.contains(id); }
  absl::Status WriteBlock(const Added* first, const Added* last);
  std::string_view FieldsOf(const Added& entry) const {
    return std::string_view(bytes_).substr(entry.at, entry.size);
  }

  database::SqliteConnection& connection_;
  const std::string table_;
  database::SqliteStatement insert_;
  database::SqliteStatement find_;
  database::SqliteStatement list_;
  database::SqliteStatement bucket_;
  database::SqliteStatement replace_;
  database::SqliteStatement drop_;
  std::vector<Added> added_;
  absl::flat_hash_set<RowId> removed_;
  // Where the ids of `added_` begin to ascend anew: a transaction holds several partitions.
  std::vector<size_t> runs_;
  std::string bytes_;
  std::string entry_;
  std::string block_;
};

}  // namespace sluice::load

// What a transaction of a PostgreSQL sink has read and what it will write: rows, keys and journal
// entries of one dataset in memory, so that a batch costs a few statements and not one a record.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "load/sink.h"

namespace sluice::load {

// A row of the dataset.
struct BatchRow {
  bool exists = false;
  // Put in by this transaction.
  bool created = false;
  // Changed by this transaction; it was there before.
  bool changed = false;
  // Taken out by this transaction.
  bool removed = false;
  // The row's version (xmin) as it was read.
  uint32_t version = 0;
  uint64_t source_row = 0;
  // See PackRow.
  std::string values;
  // Of created rows whose first entry goes into a block: storage.v1.JournalFields.
  std::string entry;
};

// The rows that may hold a key.
struct BatchKey {
  // The database has been asked.
  bool fetched = false;
  absl::InlinedVector<RowId, 1> ids;
};

// Entries of one row by number; nothing = removed.
using BatchEntries = std::map<uint32_t, std::optional<JournalEntry>>;

// Thread-compatible. Emptied at the end of each transaction.
struct PostgresBatch {
  absl::flat_hash_map<RowId, BatchRow> rows;
  // By hash of rule and values.
  absl::flat_hash_map<uint64_t, BatchKey> keys;
  // Candidates that nobody has read yet.
  std::vector<RowId> candidates;
  // Rows that were read, in order; of the first `entries_read` the newest entry is known too.
  std::vector<RowId> read;
  size_t entries_read = 0;
  // How often a row, and the newest entry of one, was asked for.
  size_t rows_asked = 0;
  size_t entries_asked = 0;
  absl::flat_hash_map<RowId, std::optional<JournalEntry>> newest;
  absl::flat_hash_map<RowId, BatchEntries> entries;
  // Ids that were asked for: true = somebody's row has it.
  absl::flat_hash_map<RowId, bool> ids;
  // Rows put in, in order.
  std::vector<RowId> created;
  std::vector<RowId> changed;
  // Rows that go, and of those that are there, with their entries.
  std::vector<RowId> removed;
  // Rows that were asked about: true = the database has a row that refers to it.
  absl::flat_hash_map<RowId, bool> referred;
  // Hashes of the keys this transaction brings, and of those that go with their rows: whoever has
  // asked for one of them must look again.
  std::vector<uint64_t> brought;

  void Clear();
};

// A met row of an import and round.
struct BatchMet {
  std::optional<Met> met;
  // Of the stored row; only when it is there.
  std::optional<uint32_t> version;
  bool written = false;
};

struct BatchMetRows {
  absl::flat_hash_map<RowId, BatchMet> rows;
  // Of the dataset's `read`, what has been asked for.
  size_t read = 0;
  // They go with this transaction, once what it has decided by them is known to be right.
  bool dropped = false;
};

// Fields (nothing = NULL) and the custom column as one string.
void PackValue(const std::optional<std::string_view>& value, std::string& packed);
// The next value; moves `packed` on.
std::optional<std::string_view> UnpackValue(std::string_view& packed);
void PackRow(const SinkRow& row, std::string& packed);
void UnpackRow(RowId id, int fields, std::string_view packed, SinkRow& row);

// A value of COPY's text format.
void AppendCopyText(const std::optional<std::string_view>& value, std::string& out);

}  // namespace sluice::load

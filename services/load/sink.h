// What load needs from a place where customers are kept. The decisions (matching, policies,
// journal) are load's and the same for every sink; a sink only finds, reads and writes. SQLite and
// PostgreSQL implement it; tests/contract/sink_contract.h holds them to this text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/sink_view.h"

namespace sluice::load {

// Positions of a sink in the topic it is fed from.
struct Fence {
  std::string topic;
  uint32_t partition = 0;
  std::string log_id;
  uint64_t next_offset = 0;
};

// One field of a journal entry. `name` is the field's name, or "custom.<key>".
struct JournalChange {
  std::string name;
  std::optional<std::string> before;
  std::optional<std::string> written;
  // A rollback has left it because others wrote since: it is never undone.
  bool wall = false;
};

// An entry that created its row is kPending when a rollback waits for later imports or references
// to go, and kKept when it has left the row for good.
enum class EntryKind : uint8_t { kCreated = 0, kChanged = 1, kPending = 2, kKept = 3 };

struct JournalEntry {
  // Place in the chain of its sink row, from 1.
  uint32_t number = 0;
  uint64_t import_sequence = 0;
  EntryKind kind = EntryKind::kCreated;
  // Source row that made it.
  uint64_t source_row = 0;
  std::vector<JournalChange> changes;
};

// All entries of a row.
struct RowChain {
  RowId id = 0;
  // Ascending by number.
  std::vector<JournalEntry> entries;
};

// A row that an import has changed, by the first row of its source that did.
struct ChangedBySource {
  uint64_t source_row = 0;
  RowId id = 0;
};

// Something kept of an import's rollbacks, as opaque bytes.
struct UndoKey {
  uint64_t import_sequence = 0;
  // Of the rollback, from 1.
  uint32_t number = 0;
  uint32_t chunk = 0;
};

// What one import has given one sink row so far; see design section 6.
struct Met {
  // The source row that stands.
  uint64_t row = 0;
  uint64_t ordinal = 0;
  // record.v1.Outcome of the row that stands.
  uint32_t outcome = 0;
  // By name ("custom.<key>" for custom fields); the values the import has given.
  std::map<std::string, std::string> given;
};

struct MetKey {
  uint64_t import_sequence = 0;
  uint32_t round = 0;
  // Part of the plan: rows of two datasets may have the same id.
  uint32_t part = 0;

  // Round and part as sinks keep them, in one number.
  int64_t stored() const { return static_cast<int64_t>(part) << 32 | round; }
};

// A key below `custom` with its value as a JSON token.
struct CustomToken {
  std::string name;
  std::string token;
};

struct NewRow {
  RowId id = 0;
  uint64_t source_row = 0;
  // By field; empty = NULL.
  std::span<const std::string_view> fields;
  // Ascending by name, and the same as JSON text.
  std::span<const CustomToken> custom;
  std::string_view custom_json;
};

struct ChangedField {
  uint32_t field = 0;
  std::optional<std::string> value;
};

struct ChangedRow {
  RowId id = 0;
  std::vector<ChangedField> fields;
  // The whole custom column when it changed.
  std::optional<std::string> custom;
};

// Totals of an import, round and partition, and what is to be published with them: opaque to the
// sink, kept until the publisher says that it is in the log.
struct PendingResult {
  std::string topic;
  uint32_t partition = 0;
  uint64_t next_offset = 0;
  std::string bytes;
};

// Thread-compatible: one loader, one sink object. Begin starts a transaction; everything until
// Commit or Abort belongs to it.
class Sink : public SinkView {
 public:
  // Prepare is called outside a transaction.

  virtual absl::Status Begin() = 0;
  virtual absl::Status Commit() = 0;
  virtual void Abort() = 0;

  virtual absl::StatusOr<std::vector<Fence>> ReadFences(std::string_view topic) = 0;
  // A log other than this one that feeds the sink, by any topic; empty = none.
  virtual absl::StatusOr<std::string> OtherLog(std::string_view log_id) = 0;
  // Compare-and-set: Aborted when the sink does not stand at `from`, as when another loader went
  // on; FailedPrecondition when the fence is another log's. A partition the sink has never seen
  // stands anywhere.
  virtual absl::Status MoveFence(const Fence& from, uint64_t to) = 0;

  // The newest entry of the row's chain that is not above `number_max`.
  virtual absl::StatusOr<std::optional<JournalEntry>> ReadEntry(const SinkDataset& dataset,
                                                                RowId id, uint32_t number_max) = 0;
  // True when the chain holds an entry of the import below `number`.
  virtual absl::StatusOr<bool> HasEarlierEntry(const SinkDataset& dataset, RowId id,
                                               uint64_t import_sequence, uint32_t number) = 0;
  virtual absl::StatusOr<std::optional<Met>> ReadMet(const MetKey& key, RowId id) = 0;

  // The rows with entries of the import, and ids below `below`: up to `count` of the highest,
  // descending, each with its entries; that of another import which created the row may be left
  // out. A row may be gone.
  virtual absl::Status ReadChains(const SinkDataset& dataset, uint64_t import_sequence, RowId below,
                                  size_t count, std::vector<RowChain>& chains) = 0;
  virtual absl::StatusOr<RowChain> ReadChain(const SinkDataset& dataset, RowId id) = 0;
  // Rows that the import changed without creating them, or created under another's id: those of
  // source rows from `from` on, ascending, up to `count`. Reads all entries of the import: to be
  // asked for many at once. What the open transaction has written may be left out.
  virtual absl::Status ReadChangedBySource(const SinkDataset& dataset, uint64_t import_sequence,
                                           uint64_t from, size_t count,
                                           std::vector<ChangedBySource>& changed) = 0;
  // Whether another row of any table refers to this one: by a reference of a dataset, or by a
  // foreign key that somebody has made.
  virtual absl::StatusOr<bool> IsReferred(const SinkDataset& dataset, RowId id) = 0;

  // Writes the row and its journal entry (number 1, every present field). Returns the id the row
  // got: another one when somebody else's row has taken the wanted one.
  virtual absl::StatusOr<RowId> Insert(const SinkDataset& dataset, const NewRow& row,
                                       uint64_t import_sequence) = 0;
  // `after` is the row with the change, for its keys.
  virtual absl::Status Update(const SinkDataset& dataset, const ChangedRow& change,
                              const SinkRow& after) = 0;
  // Puts the entry in its place in the chain.
  virtual absl::Status WriteEntry(const SinkDataset& dataset, RowId id,
                                  const JournalEntry& entry) = 0;
  virtual absl::Status RemoveEntry(const SinkDataset& dataset, RowId id, uint32_t number) = 0;
  // The row with all its entries.
  virtual absl::Status Remove(const SinkDataset& dataset, RowId id) = 0;
  // Its entries have changed though it has not: who works with an older state of it must notice.
  virtual absl::Status Touch(const SinkDataset& dataset, RowId id) = 0;
  virtual absl::Status WriteDecision(const SinkDataset& dataset, std::string_view identity,
                                     const Decision& decision) = 0;
  virtual absl::Status WriteMet(const MetKey& key, RowId id, const Met& met) = 0;
  virtual absl::Status DropMet(const MetKey& key) = 0;

  // Totals by (import, round, partition), as opaque bytes.
  virtual absl::StatusOr<std::string> ReadTotals(std::string_view import_id, uint32_t round,
                                                 uint32_t partition) = 0;
  virtual absl::Status WriteTotals(std::string_view import_id, uint32_t round, uint32_t partition,
                                   std::string_view bytes) = 0;
  // Empty = nothing is kept. Whoever reads chunk 0 keeps others who do waiting until its
  // transaction ends.
  virtual absl::StatusOr<std::string> ReadUndo(const UndoKey& key) = 0;
  virtual absl::Status WriteUndo(const UndoKey& key, std::string_view bytes) = 0;
  // Removes some of what is kept to roll the import back: of entries about `count`, then what its
  // rollbacks have kept. The number of things that went; 0 when nothing is left. The transaction
  // has written nothing else to journals.
  virtual absl::StatusOr<size_t> PurgeImport(uint64_t import_sequence, size_t count) = 0;
  // For who ends a partition and wants to know whether it is the last: waits for the others who do,
  // and keeps them waiting until this transaction ends.
  virtual absl::Status EndAlone() = 0;
  virtual absl::Status AddPending(const PendingResult& result) = 0;
  virtual absl::StatusOr<std::vector<PendingResult>> ReadPending() = 0;
  // What stands up to these offsets is in the log for good.
  virtual absl::Status DropPending(std::string_view topic, uint32_t partition,
                                   uint64_t next_offset) = 0;
};

}  // namespace sluice::load

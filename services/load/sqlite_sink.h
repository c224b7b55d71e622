// The embedded sink: one SQLite database.
//
// A batch is one transaction with synchronous=FULL: rows, journal, match index, totals, fence and
// what is to be published. Hand edits by other programs come in through two triggers a table, which
// note the id of a changed row; while Sluice writes, they are quiet, unless the table has triggers
// of others, whose changes are taken in at the next batch.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/base/ulid.h"
#include "load/sink.h"
#include "load/sqlite_dataset.h"

namespace sluice::load {

// Thread-compatible.
class SqliteSink : public Sink {
 public:
  // Makes the file and Sluice's own tables when they are missing.
  static absl::StatusOr<std::unique_ptr<SqliteSink>> Open(const database::SqliteOptions& options,
                                                          base::Random& random);

  std::string_view name() const override { return connection_->path(); }
  absl::Status Prepare(const SinkDataset& dataset) override;
  absl::Status Begin() override;
  absl::Status Commit() override;
  void Abort() override;
  absl::StatusOr<std::vector<Fence>> ReadFences(std::string_view topic) override;
  absl::StatusOr<std::string> OtherLog(std::string_view log_id) override;
  absl::Status MoveFence(const Fence& from, uint64_t to) override;
  absl::Status Expect(const SinkDataset&, std::span<const KeyProbe>,
                      std::span<const RowId>) override {
    return absl::OkStatus();
  }
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override;
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override;
  // At most `count` ids above `after`, ascending.
  absl::Status ListIds(const SinkDataset& dataset, RowId after, size_t count,
                       std::vector<RowId>& ids);
  absl::StatusOr<std::optional<JournalEntry>> ReadEntry(const SinkDataset& dataset, RowId id,
                                                        uint32_t number_max) override;
  absl::StatusOr<bool> HasEarlierEntry(const SinkDataset& dataset, RowId id,
                                       uint64_t import_sequence, uint32_t number) override;
  absl::StatusOr<std::optional<Met>> ReadMet(const MetKey& key, RowId id) override;
  absl::Status ReadChains(const SinkDataset& dataset, uint64_t import_sequence, RowId below,
                          size_t count, std::vector<RowChain>& chains) override;
  absl::StatusOr<RowChain> ReadChain(const SinkDataset& dataset, RowId id) override;
  absl::Status ReadChangedBySource(const SinkDataset& dataset, uint64_t import_sequence,
                                   uint64_t from, size_t count,
                                   std::vector<ChangedBySource>& changed) override;
  absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                       std::string_view identity) override;
  absl::Status WriteDecision(const SinkDataset& dataset, std::string_view identity,
                             const Decision& decision) override;
  absl::StatusOr<bool> IsReferred(const SinkDataset& dataset, RowId id) override;
  // Nobody else works with a state of the row.
  absl::Status Touch(const SinkDataset&, RowId) override { return absl::OkStatus(); }
  absl::Status Remove(const SinkDataset& dataset, RowId id) override;
  absl::StatusOr<std::string> ReadUndo(const UndoKey& key) override;
  absl::Status WriteUndo(const UndoKey& key, std::string_view bytes) override;
  absl::StatusOr<size_t> PurgeImport(uint64_t import_sequence, size_t count) override;
  absl::StatusOr<RowId> Insert(const SinkDataset& dataset, const NewRow& row,
                               uint64_t import_sequence) override;
  absl::Status Update(const SinkDataset& dataset, const ChangedRow& change,
                      const SinkRow& after) override;
  absl::Status WriteEntry(const SinkDataset& dataset, RowId id, const JournalEntry& entry) override;
  absl::Status RemoveEntry(const SinkDataset& dataset, RowId id, uint32_t number) override;
  absl::Status WriteMet(const MetKey& key, RowId id, const Met& met) override;
  absl::Status DropMet(const MetKey& key) override;
  absl::StatusOr<std::string> ReadTotals(std::string_view import_id, uint32_t round,
                                         uint32_t partition) override;
  absl::Status WriteTotals(std::string_view import_id, uint32_t round, uint32_t partition,
                           std::string_view bytes) override;
  // There is one writer.
  absl::Status EndAlone() override { return absl::OkStatus(); }
  absl::Status AddPending(const PendingResult& result) override;
  absl::StatusOr<std::vector<PendingResult>> ReadPending() override;
  absl::Status DropPending(std::string_view topic, uint32_t partition,
                           uint64_t next_offset) override;

 private:
  explicit SqliteSink(std::unique_ptr<database::SqliteConnection> connection)
      : connection_(std::move(connection)) {}
  absl::Status CreateTables(base::Random& random);
  absl::Status PrepareStatements();
  absl::Status LoadFieldNames();
  absl::Status SetQuiet(bool quiet);
  absl::Status BeginInTransaction();
  // Reads anew what an aborted transaction had changed in memory.
  absl::Status Refresh();
  SqliteDataset& At(const SinkDataset& dataset);
  absl::StatusOr<uint32_t> FieldNumber(std::string_view name);
  absl::StatusOr<uint32_t> CustomNumber(SqliteDataset& table, std::string_view key);
  absl::Status ReadChanges(std::string_view bytes, std::vector<JournalChange>& changes) const;
  absl::Status ReadEntryRow(const database::SqliteStatement& row, JournalEntry& entry) const;
  absl::StatusOr<JournalEntry> EntryOf(RowId id, const CreatedEntry& created) const;
  // Number 1 of a row that an import has created and nobody has changed the entry of.
  absl::StatusOr<std::optional<JournalEntry>> ReadCreatedEntry(SqliteDataset& table, RowId id);
  // An id that no row has, nor had while Sluice wrote to it.
  absl::StatusOr<RowId> FreshId(SqliteDataset& table);
  absl::Status InsertCreatedEntry(SqliteDataset& table, const NewRow& row, RowId id,
                                  uint64_t import_sequence);

  const std::unique_ptr<database::SqliteConnection> connection_;
  base::HashKey key_{};
  std::map<std::string, std::unique_ptr<SqliteDataset>, std::less<>> datasets_;
  // The last one used: a batch stays with one dataset.
  SqliteDataset* last_ = nullptr;
  absl::flat_hash_map<std::string, uint32_t> field_numbers_;
  std::map<uint32_t, std::string> field_names_;
  int64_t schema_version_ = -1;
  bool foreign_triggers_ = false;
  // Memory holds what was rolled back.
  bool stale_ = false;
  database::SqliteStatement move_fence_;
  database::SqliteStatement read_met_;
  database::SqliteStatement write_met_;
  std::string blob_;
  std::string change_;
};

}  // namespace sluice::load

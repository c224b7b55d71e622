// The sink of the distributed mode: a PostgreSQL database that several loaders write at once.
//
// A transaction reads in sets and keeps what it writes in memory until its commit, which locks the
// rows it changes in the order of their ids and writes everything in a few statements. Nothing is
// locked before: a row that somebody else changed after it was read, and a key that another loader
// brought after it was asked for, make the commit fail with Aborted, and the same batch is right at
// the next try, which holds the others off. docs/adr/0010-postgres-sink.md says why.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "common/database/postgres.h"
#include "load/created_block.h"
#include "load/postgres_batch.h"
#include "load/postgres_dataset.h"
#include "load/sink.h"

namespace sluice::load {

struct PostgresSinkOptions {
  database::PostgresOptions connection;
  // Connection string of the role that owns schema and tables, used only to make what is missing.
  // Empty: `connection` is used for that too.
  std::string owner;
  // Never make anything: FailedPrecondition when something is missing.
  bool may_create = true;
  // False only in the test that shows what the check is for: two loaders may then create one
  // customer twice.
  bool check_keys = true;
  // Records it was given: FailedPrecondition when Sluice's schema is not there.
  uint64_t given = 0;
};

// Thread-compatible.
class PostgresSink : public Sink {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresSink>> Open(const PostgresSinkOptions& options);

  std::string_view name() const override { return connection_->name(); }
  absl::Status Prepare(const SinkDataset& dataset) override;
  absl::Status Begin() override;
  absl::Status Commit() override;
  void Abort() override;
  absl::StatusOr<std::vector<Fence>> ReadFences(std::string_view topic) override;
  absl::StatusOr<std::string> OtherLog(std::string_view log_id) override;
  absl::Status MoveFence(const Fence& from, uint64_t to) override;
  bool ExpectsBatches() const override { return true; }
  absl::Status Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                      std::span<const RowId> ids) override;
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override;
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override;
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
  absl::Status Touch(const SinkDataset& dataset, RowId id) override;
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
  absl::Status EndAlone() override;
  absl::Status AddPending(const PendingResult& result) override;
  absl::StatusOr<std::vector<PendingResult>> ReadPending() override;
  absl::Status DropPending(std::string_view topic, uint32_t partition,
                           uint64_t next_offset) override;

 private:
  // A dataset with what the open transaction knows of it.
  struct Table {
    std::unique_ptr<PostgresDataset> dataset;
    PostgresBatch batch;
  };
  using Probes = std::vector<std::pair<uint64_t, const KeyProbe*>>;

  explicit PostgresSink(PostgresSinkOptions options) : options_(std::move(options)) {}
  absl::Status OpenSchema();
  absl::StatusOr<std::unique_ptr<database::PostgresConnection>> OpenOwner();
  absl::Status PrepareTable(Table& table);
  // Outside a transaction: a lost connection is replaced.
  absl::Status EnsureConnected();
  absl::Status BeginInTransaction(bool& changed);
  absl::StatusOr<std::vector<Fence>> SelectFences(std::string_view topic);
  Table& At(const SinkDataset& dataset);
  void Forget();

  // Journal field names; new ones are kept at once, whatever becomes of the transaction.
  absl::StatusOr<uint32_t> FieldNumber(std::string_view name);
  absl::Status LoadFieldNames();
  absl::StatusOr<std::string> FieldName(uint32_t number);

  absl::Status Lookup(Table& table, const KeyRule& rule, const Probes& probes);
  absl::Status ReadRows(Table& table, RowId wanted);
  absl::StatusOr<bool> IsTaken(Table& table, RowId id);
  absl::StatusOr<RowId> FreshId(Table& table);
  absl::Status AskIds(Table& table, std::span<const RowId> ids);
  void BringKeys(Table& table, RowId id, std::span<const std::string_view> fields);

  absl::Status ReadChanges(std::string_view bytes, std::vector<JournalChange>& changes);
  absl::StatusOr<std::string> EncodeChanges(const JournalEntry& entry);
  absl::StatusOr<std::string> EncodeCreated(Table& table, const NewRow& row);
  absl::StatusOr<std::optional<JournalEntry>> StoredEntry(Table& table, RowId id,
                                                          uint32_t number_max);
  absl::Status ReadNewest(Table& table, RowId wanted);
  absl::Status ReadCreated(Table& table, const std::vector<RowId>& ids);
  absl::Status ReadMetRows(const MetKey& key, BatchMetRows& met, RowId wanted);

  // First entries of the import's own ids, descending; see CreatedJournal::List.
  absl::Status ListCreated(Table& table, RowId from, RowId below, size_t count,
                           std::vector<std::pair<RowId, CreatedEntry>>& entries);
  absl::Status ListChanged(Table& table, uint64_t import_sequence, RowId below, size_t count,
                           std::vector<RowId>& ids);
  // Appends the stored entries of the journal; ids and chains are in the same order.
  absl::Status ReadJournal(Table& table, const std::vector<RowId>& ids,
                           std::vector<RowChain>& chains);
  absl::StatusOr<JournalEntry> EntryOf(RowId id, const CreatedEntry& created);
  // ReadChains as the database has it.
  absl::Status StoredChains(Table& table, uint64_t import_sequence, RowId below, size_t count,
                            std::vector<RowChain>& chains);
  // Brings a stored chain to what this transaction has made of it; false when nothing is left.
  static bool ApplyOwnEntries(const Table& table, RowChain& chain);
  // Which of the rows read so far are referred to, as the database has it.
  absl::Status AskReferred(Table& table, RowId wanted);
  // A row that refers by this column, and that this transaction has left so.
  absl::StatusOr<bool> StillRefers(const PostgresReferrer& referrer, RowId id);

  absl::Status Flush();
  // Takes rows with their entries; nobody else may.
  absl::Status FlushRemoved(Table& table);
  absl::Status RewriteBlocks(Table& table, const std::vector<RowId>& removed);
  // Nobody refers to a row that goes; the last look, when nobody else can commit.
  absl::Status CheckReferrers(Table& table);
  absl::Status FlushChanged(Table& table);
  absl::Status FlushCreated(Table& table);
  absl::Status FlushBlocks(Table& table);
  absl::Status FlushEntries(Table& table);
  absl::Status FlushMet(const MetKey& key, BatchMetRows& met);
  // Nobody brought a key this transaction asked for; tells the others which ones it brings.
  absl::Status CheckKeys();
  absl::Status Announce(Table& table);

  const PostgresSinkOptions options_;
  std::unique_ptr<database::PostgresConnection> connection_;
  // For field names; opened when first needed.
  std::unique_ptr<database::PostgresConnection> side_;
  base::HashKey key_{};
  std::map<std::string, std::unique_ptr<Table>, std::less<>> tables_;
  Table* last_ = nullptr;
  std::map<std::string, uint32_t, std::less<>> field_numbers_;
  std::map<uint32_t, std::string> field_names_;
  // By import sequence and MetKey::stored.
  std::map<std::pair<uint64_t, int64_t>, BatchMetRows> met_;
  bool in_transaction_ = false;
  // Keys announced up to here were visible to all the transaction's reads.
  int64_t seen_version_ = 0;
  // The last try was overtaken: the next one holds the others off.
  bool overtaken_ = false;
  // A commit may still be under way on a connection that was lost.
  bool commit_unknown_ = false;
};

}  // namespace sluice::load

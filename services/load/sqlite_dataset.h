// One dataset in an SQLite sink: its table, the triggers that tell of other people's changes, its
// match index and its prepared statements.
//
// The table is named like the dataset, its columns like the fields: id INTEGER PRIMARY KEY, one
// column a field, custom TEXT (JSON). Everything of Sluice's own is named sluice_*.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/database/sqlite.h"
#include "load/created_journal.h"
#include "load/match_index.h"
#include "load/sink.h"

namespace sluice::load {

// Thread-compatible. The connection outlives it.
class SqliteDataset {
 public:
  SqliteDataset(database::SqliteConnection& connection, const SinkDataset& dataset,
                const base::HashKey& key);

  // Makes what is missing, in one transaction of its own.
  absl::Status Prepare();
  // The schema is still what Prepare left; if somebody changed it, mends it within the open
  // transaction.
  absl::Status CheckSchema();
  // Takes in rows that others have changed. Within the open transaction.
  absl::Status TakeInTouched();
  // After a rollback.
  absl::Status Reload() {
    field_numbers.clear();
    custom_numbers.clear();
    created_.Forget();
    return index_.Load();
  }
  // Rules the index does not know yet are built from the table.
  absl::Status EnsureRules(const std::vector<KeyRule>& rules);

  // Fills `referrers`.
  absl::Status FindReferrers();

  // Writes what is still in memory.
  absl::Status Flush();

  MatchIndex& index() { return index_; }
  CreatedJournal& created() { return created_; }
  const planpb::Dataset& dataset() const { return dataset_.dataset; }
  uint64_t HashOf(const KeyRule& rule, std::span<const std::string_view> values);
  // Adds the complete keys of a row to the index.
  void AddKeys(RowId id, std::span<const std::string_view> fields);
  std::string JournalTable() const { return "sluice_journal_" + dataset_.dataset.name(); }
  bool has_foreign_triggers() const { return foreign_triggers_; }

  // Numbers of the fields in sluice_field, filled by the sink; emptied when they may be void.
  std::vector<uint32_t> field_numbers;
  // The same of "custom.<key>", by key.
  std::map<std::string, uint32_t, std::less<>> custom_numbers;
  database::SqliteStatement insert_row;
  database::SqliteStatement select_row;
  database::SqliteStatement insert_entry;
  database::SqliteStatement newest_entry;
  database::SqliteStatement earlier_entry;
  database::SqliteStatement remove_entry;
  // Of a rollback.
  database::SqliteStatement chain;
  database::SqliteStatement remove_chain;
  database::SqliteStatement remove_row;
  // One for each column that may refer to a row of this dataset; made when first asked for.
  std::optional<std::vector<database::SqliteStatement>> referrers;

 private:
  absl::Status CreateTable();
  absl::Status AddMissingColumns();
  // What its fields refer to, for other datasets to know, and how it is found.
  absl::Status RegisterReferences();
  absl::Status CreateTriggers();
  absl::Status FindForeignTriggers();
  absl::Status PrepareStatements();
  absl::Status IndexTable(const std::vector<KeyRule>& rules);

  database::SqliteConnection& connection_;
  SinkDataset dataset_;
  const base::HashKey key_;
  MatchIndex index_;
  CreatedJournal created_;
  std::vector<std::string> rule_names_;
  bool foreign_triggers_ = false;
  std::string hash_input_;
  std::vector<std::string_view> key_values_;
};

}  // namespace sluice::load

// One dataset in a PostgreSQL sink: its table, the indexes its keys are found by, and the SQL for
// both.
//
// The table is named like the dataset, its columns like the fields: id bigint PRIMARY KEY, one
// column a field (text; integers numeric), custom text (JSON). A rule's index holds a 64-bit hash
// of its fields: small and quickly compared, whatever the fields and their collations are; hits
// are candidates. The database keeps it up to date, also when others write.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/database/postgres.h"
#include "load/sink.h"

namespace sluice::load {

// A column that may hold ids of rows of a dataset.
struct PostgresReferrer {
  // As SQL names it.
  std::string table;
  std::string column;
  // Name of the dataset whose table it is; empty = another program's.
  std::string dataset;
  std::string field;
  // SQL that leaves out a row `r` that refers to itself, as `k.id`.
  std::string not_itself;
};

// Thread-compatible. The connection outlives it.
class PostgresDataset {
 public:
  PostgresDataset(database::PostgresConnection& connection, const SinkDataset& dataset,
                  const base::HashKey& key);

  // Makes what is missing, through `owner` (null: nobody may), and remembers what it found.
  absl::Status Prepare(database::PostgresConnection* owner);
  // Whether table, indexes and rules still are what Prepare found.
  absl::StatusOr<bool> Unchanged();

  const planpb::Dataset& dataset() const { return dataset_.dataset; }
  int64_t id() const { return id_; }
  // Rules whose keys are told to other loaders: those of all plans as far as this dataset has the
  // fields.
  const std::vector<KeyRule>& known_rules() const { return known_rules_; }
  uint64_t HashOf(const KeyRule& rule, std::span<const std::string_view> values);

  // In these statements LATERAL ... OFFSET 0 makes the array lead and the table follow by its
  // index. Left to itself, the planner may take an order that was right for an empty table.
  //
  // $1, $2, ... arrays of the rule's values; gives (place in the arrays from 1, id).
  // Columns of any table that refer to this dataset: by a reference of a dataset, or by a foreign
  // key. Asked for once, until the dataset is prepared again.
  absl::StatusOr<const std::vector<PostgresReferrer>*> Referrers();
  // $1 ids, ascending; removes the rows.
  std::string RemoveRowsSql() const;
  const std::string& LookupSql(const KeyRule& rule);
  // $1 array of ids; gives (id, version, fields, custom).
  std::string ReadRowsSql() const;
  // $1 ids, $2 versions, ascending by id; locks the rows that still have them.
  std::string LockRowsSql() const;
  // $1 ids, then an array for each field and custom.
  std::string UpdateRowsSql() const;
  std::string CopyRowsSql() const;
  std::string TakenIdsSql() const;
  std::string LastIdSql() const;

 private:
  absl::Status Register();
  absl::Status LoadRules();
  absl::Status MakeMissing(database::PostgresConnection& owner);
  // The statements that would make what is missing now; more may follow once they have run.
  absl::StatusOr<std::vector<std::string>> Missing(database::PostgresConnection& connection);
  absl::StatusOr<std::vector<std::string>> MissingIndexes(database::PostgresConnection& connection,
                                                          int64_t table);
  absl::StatusOr<std::string> Fingerprint();
  std::string Column(uint32_t field) const;
  std::string Table() const;

  database::PostgresConnection& connection_;
  const SinkDataset dataset_;
  const base::HashKey key_;
  int64_t id_ = 0;
  std::vector<KeyRule> known_rules_;
  std::string fingerprint_;
  std::optional<std::vector<PostgresReferrer>> referrers_;
  std::map<std::vector<uint32_t>, std::string> lookups_;
  std::string hash_input_;
};

}  // namespace sluice::load

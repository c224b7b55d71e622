// A dataset's table in an SQLite database, as somebody may have made or changed it.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/database/sqlite.h"
#include "load/sink_view.h"

namespace sluice::load {

struct SqliteTable {
  bool exists = false;
  // By field of the dataset: the table has a column for it.
  std::vector<bool> has_field;
  bool has_custom = false;
};

// What SQLite declares a column of this type as.
std::string_view SqliteColumnType(planpb::FieldType type);

// FailedPrecondition when the table cannot hold the dataset: no integer primary key `id`, or a
// column that would rewrite values.
absl::StatusOr<SqliteTable> ReadSqliteTable(database::SqliteConnection& connection,
                                            const planpb::Dataset& dataset);

// The row a statement of "id, every field, custom" stands on.
SinkRow RowOf(const database::SqliteStatement& row, const planpb::Dataset& dataset);

// The rule's values in such a row, as long as the statement stands there; false when one is blank.
bool KeyOf(const database::SqliteStatement& row, const KeyRule& rule,
           std::vector<std::string_view>& values);

// True when both triggers that tell Sluice of other people's changes watch the table.
absl::StatusOr<bool> HasSqliteTriggers(database::SqliteConnection& connection,
                                       std::string_view table);

}  // namespace sluice::load

// A dataset's table in a PostgreSQL database, as somebody may have made or changed it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/database/postgres.h"
#include "load/sink_view.h"

namespace sluice::load {

struct PostgresTable {
  // 0: there is no such table.
  int64_t oid = 0;
  // By field of the dataset: the table has a column for it.
  std::vector<bool> has_field;
  bool has_custom = false;
};

// What a column of this type is declared as.
std::string_view PostgresColumnType(planpb::FieldType type);

// FailedPrecondition when the table cannot hold the dataset: no bigint primary key `id`, or a
// column that would rewrite values.
absl::StatusOr<PostgresTable> ReadPostgresTable(database::PostgresConnection& connection,
                                                const planpb::Dataset& dataset);

// The name of a rule's index on a table: with the table's oid, for an index goes with its table
// when that is renamed.
std::string RuleIndexName(int64_t table, const std::string& rule);

// Whether the table has the index, perhaps under the number it had before it was restored.
absl::StatusOr<bool> HasIndexLike(database::PostgresConnection& connection, int64_t table,
                                  const std::string& name);

// The rules of which the table has no index.
absl::StatusOr<std::vector<KeyRule>> RulesWithoutIndex(database::PostgresConnection& connection,
                                                       const planpb::Dataset& dataset,
                                                       int64_t table,
                                                       const std::vector<KeyRule>& rules);

}  // namespace sluice::load

#include "load/postgres_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "load/match_key.h"

namespace sluice::load {
namespace {

using database::PostgresConnection;
using database::PostgresParameters;

// Whether a column of this type gives back every value as it was written.
bool KeepsValues(std::string_view type, planpb::FieldType field) {
  if (type == "text" || type == "character varying") return true;
  if (field == planpb::FIELD_TYPE_REFERENCE) return type == "bigint" || type == "numeric";
  return field == planpb::FIELD_TYPE_INTEGER && type == "numeric";
}

absl::Status RefuseTable(const std::string& name, std::string_view database, std::string_view why) {
  return absl::FailedPreconditionError(fmt::format("the table {} in {} {}", name, database, why));
}

}  // namespace

std::string_view PostgresColumnType(planpb::FieldType type) {
  if (type == planpb::FIELD_TYPE_REFERENCE) return "bigint";
  // Integers of any length, digit by digit.
  return type == planpb::FIELD_TYPE_INTEGER ? "numeric" : "text";
}

std::string RuleIndexName(int64_t table, const std::string& rule) {
  return fmt::format("sluice_{}_{}", table, base::Sha256Hex(rule).substr(0, 16));
}

absl::StatusOr<PostgresTable> ReadPostgresTable(PostgresConnection& connection,
                                                const planpb::Dataset& dataset) {
  const std::string& name = dataset.name();
  PostgresTable table;
  table.has_field.resize(dataset.fields_size());
  SLUICE_ASSIGN_OR_RETURN(const auto oid,
                          connection.Query("SELECT coalesce(to_regclass(quote_ident($1))::oid, 0)",
                                           PostgresParameters().Text(name)));
  table.oid = oid.Int(0, 0);
  if (table.oid == 0) return table;
  SLUICE_ASSIGN_OR_RETURN(
      const auto columns,
      connection.Query("SELECT a.attname, format_type(a.atttypid, a.atttypmod), EXISTS(SELECT 1 "
                       "FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND "
                       "i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) FROM pg_attribute a WHERE "
                       "a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped",
                       PostgresParameters().Int(table.oid)));
  std::map<std::string, std::string, std::less<>> present;
  bool id_is_key = false;
  for (int i = 0; i < columns.size(); ++i) {
    const std::string_view type = columns.Text(i, 1);
    if (columns.Text(i, 0) == "id") id_is_key = columns.Bool(i, 2) && type == "bigint";
    present.emplace(columns.Text(i, 0), type);
  }
  if (!id_is_key) {
    return RefuseTable(name, connection.name(),
                       "has no 'id bigint PRIMARY KEY': use another sink, or rename the table");
  }
  for (int i = 0; i < dataset.fields_size(); ++i) {
    const planpb::Field& field = dataset.fields(i);
    const auto column = present.find(field.name());
    if (column == present.end()) continue;
    if (!KeepsValues(column->second, field.type())) {
      return RefuseTable(
          name, connection.name(),
          fmt::format("has the column {} of type {}, which would rewrite values: "
                      "make it {}, or use another sink",
                      field.name(), column->second, PostgresColumnType(field.type())));
    }
    table.has_field[i] = true;
  }
  const auto custom = present.find("custom");
  table.has_custom = custom != present.end();
  if (table.has_custom && custom->second != "text") {
    return RefuseTable(name, connection.name(), "has a column custom that is not of type text");
  }
  return table;
}

namespace {

absl::StatusOr<std::vector<std::string>> IndexesOf(PostgresConnection& connection, int64_t table) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto indexes,
      connection.Query("SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                       "WHERE i.indrelid = $1::oid AND i.indisvalid",
                       PostgresParameters().Int(table)));
  std::vector<std::string> present;
  for (int i = 0; i < indexes.size(); ++i) present.emplace_back(indexes.Text(i, 0));
  return present;
}

// The table's number changes when it is restored from a dump; its indexes come with it.
bool IsAmong(const std::string& name, const std::vector<std::string>& present) {
  const std::string_view last_part = std::string_view(name).substr(name.rfind('_'));
  return std::any_of(present.begin(), present.end(), [&](std::string_view index) {
    return index.starts_with("sluice_") && index.ends_with(last_part);
  });
}

}  // namespace

absl::StatusOr<bool> HasIndexLike(PostgresConnection& connection, int64_t table,
                                  const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(const auto present, IndexesOf(connection, table));
  return IsAmong(name, present);
}

absl::StatusOr<std::vector<KeyRule>> RulesWithoutIndex(PostgresConnection& connection,
                                                       const planpb::Dataset& dataset,
                                                       int64_t table,
                                                       const std::vector<KeyRule>& rules) {
  SLUICE_ASSIGN_OR_RETURN(const auto present, IndexesOf(connection, table));
  std::vector<KeyRule> missing;
  for (const KeyRule& rule : rules) {
    if (!IsAmong(RuleIndexName(table, RuleName(dataset, rule)), present)) missing.push_back(rule);
  }
  return missing;
}

}  // namespace sluice::load

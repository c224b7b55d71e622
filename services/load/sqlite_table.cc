#include "load/sqlite_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "common/base/status.h"

namespace sluice::load {
namespace {

// SQLite compares names and types without ASCII case.
std::string LowerCase(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// Whether a column declared so keeps every value of the type as it is written. SQLite derives what
// it does to a value from the declared name (sqlite.org/datatype3.html, 3.1): numbers in a numeric
// column are rewritten, so +8613800138000 or 0012 would come back as another value every time.
bool KeepsValues(std::string_view declared, planpb::FieldType type) {
  const std::string name = LowerCase(declared);
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  const bool integer = has("int");
  if (!integer && (has("char") || has("clob") || has("text"))) return true;
  if (name.empty() || (!integer && has("blob"))) return true;
  const bool real = !integer && (has("real") || has("floa") || has("doub"));
  switch (type) {
    case planpb::FIELD_TYPE_INTEGER:
    case planpb::FIELD_TYPE_REFERENCE:
      return !real;
    case planpb::FIELD_TYPE_DOMAIN:
    case planpb::FIELD_TYPE_EMAIL:
    case planpb::FIELD_TYPE_URL:
    case planpb::FIELD_TYPE_BOOLEAN:
    case planpb::FIELD_TYPE_DATE:
    case planpb::FIELD_TYPE_DATETIME:
      // Never looks like a number.
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view SqliteColumnType(planpb::FieldType type) {
  const bool integer = type == planpb::FIELD_TYPE_INTEGER || type == planpb::FIELD_TYPE_REFERENCE;
  return integer ? "INTEGER" : "TEXT";
}

absl::StatusOr<SqliteTable> ReadSqliteTable(database::SqliteConnection& connection,
                                            const planpb::Dataset& dataset) {
  SLUICE_ASSIGN_OR_RETURN(
      auto info, connection.Prepare(fmt::format("PRAGMA table_info({})",
                                                database::QuoteIdentifier(dataset.name()))));
  // Declared types by column.
  std::map<std::string, std::string> present;
  bool id_is_key = false;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, info.Step());
    if (!more) break;
    const std::string column = LowerCase(info.Text(1));
    if (column == "id") id_is_key = info.Int(5) == 1 && LowerCase(info.Text(2)) == "integer";
    present.emplace(column, info.Text(2));
  }
  SqliteTable table;
  table.exists = !present.empty();
  table.has_field.resize(dataset.fields_size());
  if (!table.exists) return table;
  if (!id_is_key) {
    return absl::FailedPreconditionError(
        fmt::format("the table {} in {} has no 'id INTEGER PRIMARY KEY': use another sink, or "
                    "rename the table",
                    dataset.name(), connection.path()));
  }
  for (int i = 0; i < dataset.fields_size(); ++i) {
    const planpb::Field& field = dataset.fields(i);
    const auto column = present.find(LowerCase(field.name()));
    if (column == present.end()) continue;
    if (!KeepsValues(column->second, field.type())) {
      return absl::FailedPreconditionError(
          fmt::format("the column {} of the table {} in {} is declared {}, which would rewrite "
                      "values: declare it TEXT, or use another --sink",
                      field.name(), dataset.name(), connection.path(), column->second));
    }
    table.has_field[i] = true;
  }
  table.has_custom = present.contains("custom");
  return table;
}

SinkRow RowOf(const database::SqliteStatement& row, const planpb::Dataset& dataset) {
  SinkRow read;
  read.id = row.Int(0);
  const int count = dataset.fields_size();
  read.fields.resize(count);
  for (int i = 0; i < count; ++i) {
    if (!row.IsNull(i + 1)) read.fields[i] = std::string(row.Text(i + 1));
  }
  read.custom = std::string(row.Text(count + 1));
  return read;
}

bool KeyOf(const database::SqliteStatement& row, const KeyRule& rule,
           std::vector<std::string_view>& values) {
  values.clear();
  for (const uint32_t field : rule.fields) values.push_back(row.Text(static_cast<int>(field) + 1));
  return std::none_of(values.begin(), values.end(),
                      [](std::string_view value) { return value.empty(); });
}

absl::StatusOr<bool> HasSqliteTriggers(database::SqliteConnection& connection,
                                       std::string_view table) {
  SLUICE_ASSIGN_OR_RETURN(
      auto count, connection.Prepare("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' "
                                     "AND tbl_name = ?1 AND name IN (?2, ?3)"));
  const std::string inserted = fmt::format("sluice_{}_inserted", table);
  const std::string updated = fmt::format("sluice_{}_updated", table);
  count.Bind(1, table).Bind(2, inserted).Bind(3, updated);
  SLUICE_RETURN_IF_ERROR(count.Step().status());
  return count.Int(0) == 2;
}

}  // namespace sluice::load

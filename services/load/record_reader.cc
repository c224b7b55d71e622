#include "load/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/base/status.h"
#include "common/database/postgres.h"
#include "common/database/sqlite.h"
#include "load/open_sink.h"
#include "load/postgres_table.h"
#include "load/sqlite_table.h"

namespace sluice::load {
namespace {

using database::PostgresParameters;
using database::QuoteIdentifier;

constexpr std::string_view kSqlite = "sqlite:";
// Rows of PostgreSQL that are in memory at a time.
constexpr int kPageRows = 5000;

absl::Status VisitSqlite(std::string_view path, const RecordQuery& query,
                         const RecordVisitor& visit) {
  database::SqliteOptions options;
  options.path = path;
  options.read_only = true;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) {
    return absl::NotFoundError(fmt::format("there is no database {}", options.path));
  }
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(options));
  SLUICE_ASSIGN_OR_RETURN(
      auto exists,
      connection->Prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"));
  exists.Bind(1, query.dataset.name());
  SLUICE_ASSIGN_OR_RETURN(const bool found, exists.Step());
  if (!found) return absl::OkStatus();
  // A table that another version made may lack columns.
  SLUICE_ASSIGN_OR_RETURN(const SqliteTable table, ReadSqliteTable(*connection, query.dataset));
  std::string sql = "SELECT id";
  for (int i = 0; i < query.dataset.fields_size(); ++i) {
    sql += table.has_field[i] ? ", " + QuoteIdentifier(query.dataset.fields(i).name()) : ", NULL";
  }
  sql += (table.has_custom ? ", custom FROM " : ", NULL FROM ") +
         QuoteIdentifier(query.dataset.name());
  for (size_t i = 0; i < query.match.size(); ++i) {
    sql += fmt::format("{} {} = ?", i == 0 ? " WHERE" : " AND",
                       QuoteIdentifier(query.match[i].column));
  }
  sql += " ORDER BY id";
  if (query.limit >= 0) sql += fmt::format(" LIMIT {}", query.limit);
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection->Prepare(sql));
  for (size_t i = 0; i < query.match.size(); ++i) {
    rows.Bind(static_cast<int>(i) + 1, query.match[i].value);
  }
  std::vector<std::optional<std::string>> values(static_cast<size_t>(query.dataset.fields_size()) +
                                                 2);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    for (size_t i = 0; i < values.size(); ++i) {
      const int column = static_cast<int>(i);
      values[i].reset();
      if (!rows.IsNull(column)) values[i] = std::string(rows.Text(column));
    }
    visit(values);
  }
}

// One page: rows above the id $1.
std::string PageSql(const RecordQuery& query, const PostgresTable& table) {
  std::string sql = "SELECT id";
  for (int i = 0; i < query.dataset.fields_size(); ++i) {
    sql += table.has_field[i]
               ? fmt::format(", {}::text", QuoteIdentifier(query.dataset.fields(i).name()))
               : ", NULL";
  }
  sql += fmt::format(", {}::text FROM {} WHERE id > $1", table.has_custom ? "custom" : "NULL",
                     QuoteIdentifier(query.dataset.name()));
  for (size_t i = 0; i < query.match.size(); ++i) {
    sql += fmt::format(" AND {}::text = ${}", QuoteIdentifier(query.match[i].column), i + 3);
  }
  return sql + " ORDER BY id LIMIT $2";
}

absl::Status VisitPages(database::PostgresConnection& connection, const RecordQuery& query,
                        const RecordVisitor& visit) {
  SLUICE_ASSIGN_OR_RETURN(const auto table,
                          connection.Query("SELECT to_regclass(quote_ident($1)) IS NOT NULL",
                                           PostgresParameters().Text(query.dataset.name())));
  if (!table.Bool(0, 0)) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const PostgresTable columns,
                          ReadPostgresTable(connection, query.dataset));
  const std::string sql = PageSql(query, columns);
  std::vector<std::optional<std::string>> values(static_cast<size_t>(query.dataset.fields_size()) +
                                                 2);
  int64_t last = INT64_MIN;
  int64_t left = query.limit < 0 ? INT64_MAX : query.limit;
  while (left > 0) {
    const int64_t wanted = std::min<int64_t>(left, kPageRows);
    PostgresParameters parameters;
    parameters.Int(last).Int(wanted);
    for (const RecordQuery::Condition& condition : query.match) parameters.Text(condition.value);
    SLUICE_ASSIGN_OR_RETURN(const auto rows, connection.Query(sql, parameters));
    for (int row = 0; row < rows.size(); ++row) {
      last = rows.Int(row, 0);
      values[0] = fmt::format("{}", last);
      for (size_t i = 1; i < values.size(); ++i) {
        const int column = static_cast<int>(i);
        values[i].reset();
        if (!rows.IsNull(row, column)) values[i] = std::string(rows.Text(row, column));
      }
      visit(values);
    }
    if (rows.size() < wanted) break;
    left -= rows.size();
  }
  return absl::OkStatus();
}

absl::Status VisitPostgres(std::string_view url, const RecordQuery& query,
                           const RecordVisitor& visit) {
  database::PostgresOptions options;
  options.connection = PostgresConnectionOf(url);
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::PostgresConnection::Open(options));
  // All pages show the same moment.
  SLUICE_RETURN_IF_ERROR(connection->Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  SLUICE_RETURN_IF_ERROR(VisitPages(*connection, query, visit));
  return connection->Commit();
}

}  // namespace

absl::Status VisitRecords(std::string_view url, const RecordQuery& query,
                          const RecordVisitor& visit) {
  if (url.starts_with(kSqlite)) return VisitSqlite(url.substr(kSqlite.size()), query, visit);
  if (IsPostgresUrl(url)) return VisitPostgres(url, query, visit);
  return absl::InvalidArgumentError("the sink is neither of SQLite nor of PostgreSQL");
}

}  // namespace sluice::load

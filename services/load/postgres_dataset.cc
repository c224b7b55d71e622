#include "load/postgres_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "load/match_key.h"
#include "load/postgres_schema.h"
#include "load/postgres_table.h"

namespace sluice::load {
namespace {

using database::PostgresConnection;
using database::PostgresParameters;
using database::QuoteIdentifier;

}  // namespace

PostgresDataset::PostgresDataset(PostgresConnection& connection, const SinkDataset& dataset,
                                 const base::HashKey& key)
    : connection_(connection), dataset_(dataset), key_(key) {}

std::string PostgresDataset::Table() const {
  return QuoteIdentifier(dataset_.dataset.name());
}

std::string PostgresDataset::Column(uint32_t field) const {
  return QuoteIdentifier(dataset_.dataset.fields(static_cast<int>(field)).name());
}

absl::Status PostgresDataset::Prepare(PostgresConnection* owner) {
  referrers_.reset();
  SLUICE_RETURN_IF_ERROR(Register());
  SLUICE_RETURN_IF_ERROR(LoadRules());
  SLUICE_ASSIGN_OR_RETURN(const auto missing, Missing(connection_));
  if (!missing.empty()) {
    if (owner == nullptr) {
      return absl::FailedPreconditionError(
          fmt::format("the table {} in {} lacks columns or indexes: prepare it once with the role "
                      "that owns it (deploy/postgres/roles.sql)",
                      dataset_.dataset.name(), connection_.name()));
    }
    SLUICE_RETURN_IF_ERROR(owner->Begin());
    absl::Status status = MakeMissing(*owner);
    if (status.ok()) status = owner->Commit();
    if (!status.ok()) {
      owner->Rollback();
      return status;
    }
  }
  SLUICE_RETURN_IF_ERROR(connection_.ForgetStatements());
  SLUICE_ASSIGN_OR_RETURN(fingerprint_, Fingerprint());
  return absl::OkStatus();
}

absl::Status PostgresDataset::Register() {
  SLUICE_RETURN_IF_ERROR(
      connection_
          .Query("INSERT INTO sluice.dataset(name) SELECT $1 WHERE NOT EXISTS "
                 "(SELECT 1 FROM sluice.dataset WHERE name = $1) ON CONFLICT DO NOTHING",
                 PostgresParameters().Text(dataset_.dataset.name()))
          .status());
  SLUICE_ASSIGN_OR_RETURN(const auto id,
                          connection_.Query("SELECT id FROM sluice.dataset WHERE name = $1",
                                            PostgresParameters().Text(dataset_.dataset.name())));
  if (id.size() != 1) return absl::AbortedError("a dataset was removed from sluice.dataset");
  id_ = id.Int(0, 0);
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    if (field.type() != planpb::FIELD_TYPE_REFERENCE || field.reference().empty()) continue;
    SLUICE_RETURN_IF_ERROR(
        connection_
            .Query("INSERT INTO sluice.reference(dataset, field, target) SELECT $1, $2, $3 WHERE "
                   "NOT EXISTS (SELECT 1 FROM sluice.reference WHERE dataset = $1 AND field = $2) "
                   "ON CONFLICT DO NOTHING",
                   PostgresParameters()
                       .Text(dataset_.dataset.name())
                       .Text(field.name())
                       .Text(field.reference()))
            .status());
  }
  for (const KeyRule& rule : dataset_.rules) {
    SLUICE_RETURN_IF_ERROR(
        connection_
            .Query("INSERT INTO sluice.match_rule(dataset, rule) SELECT $1, $2 WHERE NOT EXISTS "
                   "(SELECT 1 FROM sluice.match_rule WHERE dataset = $1 AND rule = $2) "
                   "ON CONFLICT DO NOTHING",
                   PostgresParameters()
                       .Text(dataset_.dataset.name())
                       .Text(RuleName(dataset_.dataset, rule)))
            .status());
  }
  return absl::OkStatus();
}

absl::Status PostgresDataset::LoadRules() {
  known_rules_.clear();
  SLUICE_ASSIGN_OR_RETURN(
      const auto rules,
      connection_.Query("SELECT rule FROM sluice.match_rule WHERE dataset = $1 ORDER BY id",
                        PostgresParameters().Text(dataset_.dataset.name())));
  for (int i = 0; i < rules.size(); ++i) {
    auto rule = RuleByName(dataset_.dataset, rules.Text(i, 0));
    if (rule.has_value()) known_rules_.push_back(*std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status PostgresDataset::MakeMissing(PostgresConnection& owner) {
  SLUICE_RETURN_IF_ERROR(
      owner.Execute(fmt::format("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; "
                                "SELECT pg_advisory_xact_lock({}, {})",
                                kPostgresLockSpace, kPostgresSchemaLock)));
  // The table, its columns, its indexes.
  for (int pass = 0; pass < 3; ++pass) {
    SLUICE_ASSIGN_OR_RETURN(const auto statements, Missing(owner));
    for (const std::string& statement : statements) {
      SLUICE_RETURN_IF_ERROR(owner.Execute(statement));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> PostgresDataset::Missing(PostgresConnection& connection) {
  const planpb::Dataset& dataset = dataset_.dataset;
  SLUICE_ASSIGN_OR_RETURN(const PostgresTable table, ReadPostgresTable(connection, dataset));
  if (table.oid == 0) {
    std::string sql = fmt::format("CREATE TABLE {}(id bigint PRIMARY KEY", Table());
    for (const planpb::Field& field : dataset.fields()) {
      sql +=
          fmt::format(", {} {}", QuoteIdentifier(field.name()), PostgresColumnType(field.type()));
    }
    return std::vector<std::string>{sql + ", custom text)"};
  }
  std::vector<std::string> missing;
  for (int i = 0; i < dataset.fields_size(); ++i) {
    if (table.has_field[i]) continue;
    missing.push_back(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", Table(),
                                  QuoteIdentifier(dataset.fields(i).name()),
                                  PostgresColumnType(dataset.fields(i).type())));
  }
  if (!table.has_custom) {
    missing.push_back(fmt::format("ALTER TABLE {} ADD COLUMN custom text", Table()));
  }
  // The indexes once the columns are there.
  return missing.empty() ? MissingIndexes(connection, table.oid) : missing;
}

absl::StatusOr<std::vector<std::string>> PostgresDataset::MissingIndexes(
    PostgresConnection& connection, int64_t table) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<KeyRule> rules,
                          RulesWithoutIndex(connection, dataset_.dataset, table, known_rules_));
  std::vector<std::string> missing;
  for (const KeyRule& rule : rules) {
    std::string hash = "0";
    std::string filter;
    for (const uint32_t field : rule.fields) {
      hash = fmt::format("hashtextextended({}::text COLLATE \"C\", {})", Column(field), hash);
      filter += fmt::format("{}{} IS NOT NULL", filter.empty() ? "" : " AND ", Column(field));
    }
    missing.push_back(fmt::format("CREATE INDEX {} ON {} USING hash (({})) WHERE {}",
                                  RuleIndexName(table, RuleName(dataset_.dataset, rule)), Table(),
                                  hash, filter));
  }
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    if (field.type() != planpb::FIELD_TYPE_REFERENCE || field.reference().empty()) continue;
    const std::string name = RuleIndexName(table, "reference " + field.name());
    SLUICE_ASSIGN_OR_RETURN(const bool present, HasIndexLike(connection, table, name));
    if (present) continue;
    // A rollback asks for every row it removes whether another one refers to it.
    missing.push_back(fmt::format("CREATE INDEX {0} ON {1}({2}) WHERE {2} IS NOT NULL", name,
                                  Table(), QuoteIdentifier(field.name())));
  }
  return missing;
}

absl::StatusOr<const std::vector<PostgresReferrer>*> PostgresDataset::Referrers() {
  if (referrers_.has_value()) return &*referrers_;
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query(
          "SELECT to_regclass(quote_ident(r.dataset))::text, quote_ident(r.field), r.dataset, "
          "r.field, r.dataset = $1 FROM sluice.reference r JOIN pg_attribute a ON a.attrelid = "
          "to_regclass(quote_ident(r.dataset)) AND a.attname = r.field AND NOT a.attisdropped "
          "WHERE r.target = $1 UNION ALL SELECT c.conrelid::regclass::text, "
          "quote_ident(a.attname), '', '', c.conrelid = c.confrelid FROM pg_constraint c JOIN "
          "pg_attribute a ON a.attrelid = "
          "c.conrelid AND a.attnum = c.conkey[1] JOIN pg_attribute t ON t.attrelid = c.confrelid "
          "AND t.attnum = c.confkey[1] WHERE c.contype = 'f' AND c.confrelid = "
          "to_regclass(quote_ident($1)) AND array_length(c.conkey, 1) = 1 AND t.attname = 'id' AND "
          "NOT EXISTS (SELECT 1 FROM sluice.reference r WHERE r.target = $1 AND "
          "to_regclass(quote_ident(r.dataset)) = c.conrelid AND r.field = a.attname)",
          PostgresParameters().Text(dataset_.dataset.name())));
  std::vector<PostgresReferrer>& referrers = referrers_.emplace();
  for (int i = 0; i < rows.size(); ++i) {
    referrers.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)),
                         std::string(rows.Text(i, 2)), std::string(rows.Text(i, 3)),
                         rows.Bool(i, 4) ? " AND r.id <> k.id" : ""});
  }
  return &*referrers_;
}

std::string PostgresDataset::RemoveRowsSql() const {
  return fmt::format(
      "DELETE FROM {0} t USING (SELECT r.place FROM unnest($1::bigint[]) k(id) CROSS JOIN LATERAL "
      "(SELECT o.ctid AS place FROM {0} o WHERE o.id = k.id OFFSET 0) r OFFSET 0) d WHERE t.ctid = "
      "d.place",
      Table());
}

absl::StatusOr<std::string> PostgresDataset::Fingerprint() {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_.Query(
          "SELECT concat_ws(' ', to_regclass(quote_ident($1))::oid, (SELECT "
          "string_agg(concat_ws(' ', attnum, attname, atttypid, atttypmod), ',' ORDER BY attnum) "
          "FROM pg_attribute WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT "
          "attisdropped), (SELECT string_agg(indexrelid::text, ',' ORDER BY indexrelid) FROM "
          "pg_index WHERE indrelid = to_regclass(quote_ident($1)) AND indisvalid), (SELECT "
          "count(*) FROM sluice.match_rule WHERE dataset = $1))",
          PostgresParameters().Text(dataset_.dataset.name())));
  return std::string(rows.Text(0, 0));
}

absl::StatusOr<bool> PostgresDataset::Unchanged() {
  SLUICE_ASSIGN_OR_RETURN(const std::string now, Fingerprint());
  return now == fingerprint_;
}

uint64_t PostgresDataset::HashOf(const KeyRule& rule, std::span<const std::string_view> values) {
  return MatchKeyHash(key_, dataset_.dataset, rule, values, hash_input_);
}

const std::string& PostgresDataset::LookupSql(const KeyRule& rule) {
  std::string& sql = lookups_[rule.fields];
  if (!sql.empty()) return sql;
  std::string arrays;
  std::string names;
  std::string theirs = "0";
  std::string ours = "0";
  std::string filter;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    const std::string column = Column(rule.fields[i]);
    arrays += fmt::format("{}${}::text[]", i == 0 ? "" : ", ", i + 1);
    names += fmt::format("v{}, ", i);
    theirs = fmt::format("hashtextextended(t.{}::text COLLATE \"C\", {})", column, theirs);
    ours = fmt::format("hashtextextended(u.v{} COLLATE \"C\", {})", i, ours);
    filter += fmt::format(" AND t.{} IS NOT NULL", column);
  }
  // In the order of the index: neighbours share its pages.
  sql = fmt::format(
      "SELECT k.n, r.id FROM (SELECT u.n, {} AS hash FROM unnest({}) WITH ORDINALITY u({}n) ORDER "
      "BY 2) k CROSS JOIN LATERAL (SELECT t.id FROM {} t WHERE {} = k.hash{} OFFSET 0) r",
      ours, arrays, names, Table(), theirs, filter);
  return sql;
}

std::string PostgresDataset::ReadRowsSql() const {
  std::string columns;
  for (int i = 0; i < dataset_.dataset.fields_size(); ++i) {
    columns += fmt::format("t.{}::text, ", Column(static_cast<uint32_t>(i)));
  }
  return fmt::format(
      "SELECT r.* FROM unnest($1::bigint[]) k(id) CROSS JOIN LATERAL (SELECT t.id, t.xmin, "
      "{}t.custom FROM {} t WHERE t.id = k.id OFFSET 0) r",
      columns, Table());
}

std::string PostgresDataset::LockRowsSql() const {
  return fmt::format(
      "SELECT r.id FROM unnest($1::bigint[], $2::bigint[]) k(id, version) CROSS JOIN LATERAL "
      "(SELECT t.id FROM {} t WHERE t.id = k.id AND t.xmin::text::bigint = k.version "
      "FOR NO KEY UPDATE) r",
      Table());
}

std::string PostgresDataset::UpdateRowsSql() const {
  std::string assignments;
  std::string arrays;
  std::string names;
  const int count = dataset_.dataset.fields_size();
  for (int i = 0; i < count; ++i) {
    assignments += fmt::format("{} = k.v{}::{}, ", Column(static_cast<uint32_t>(i)), i,
                               PostgresColumnType(dataset_.dataset.fields(i).type()));
    arrays += fmt::format("${}::text[], ", i + 2);
    names += fmt::format("v{}, ", i);
  }
  return fmt::format(
      "UPDATE {0} t SET {1}custom = k.custom FROM (SELECT r.place, u.* FROM unnest($1::bigint[], "
      "{2}${3}::text[]) u(id, {4}custom) CROSS JOIN LATERAL (SELECT o.ctid AS place FROM {0} o "
      "WHERE o.id = u.id OFFSET 0) r OFFSET 0) k WHERE t.ctid = k.place",
      Table(), assignments, arrays, count + 2, names);
}

std::string PostgresDataset::CopyRowsSql() const {
  std::string columns;
  for (int i = 0; i < dataset_.dataset.fields_size(); ++i) {
    columns += ", " + Column(static_cast<uint32_t>(i));
  }
  return fmt::format("COPY {}(id{}, custom) FROM STDIN", Table(), columns);
}

std::string PostgresDataset::TakenIdsSql() const {
  return fmt::format(
      "SELECT r.id FROM unnest($1::bigint[]) k(id) CROSS JOIN LATERAL (SELECT t.id FROM {} t "
      "WHERE t.id = k.id OFFSET 0) r",
      Table());
}

std::string PostgresDataset::LastIdSql() const {
  return fmt::format(
      "SELECT greatest((SELECT max(id) FROM {}), (SELECT max(row_id) FROM sluice.journal WHERE "
      "dataset = $1), (SELECT max(last) FROM sluice.created WHERE dataset = $1 AND id >= "
      "(SELECT max(id) FROM sluice.created WHERE dataset = $1) & ~$2::bigint), 0)",
      Table());
}

}  // namespace sluice::load

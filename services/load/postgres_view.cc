#include "load/postgres_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "load/match_key.h"
#include "load/postgres_dataset.h"
#include "load/postgres_decision.h"
#include "load/postgres_schema.h"
#include "load/postgres_table.h"

namespace sluice::load {
namespace {

using database::PostgresArray;
using database::PostgresParameters;
using database::PostgresRows;
using database::QuoteIdentifier;

std::string ColumnOf(const planpb::Dataset& dataset, uint32_t field) {
  return QuoteIdentifier(dataset.fields(static_cast<int>(field)).name());
}

// Finds rows without an index: one pass over the table for a whole batch.
std::string ScanSql(const planpb::Dataset& dataset, const KeyRule& rule) {
  std::string arrays;
  std::string names;
  std::string equal;
  for (size_t i = 0; i < rule.fields.size(); ++i) {
    arrays += fmt::format("{}${}::text[]", i == 0 ? "" : ", ", i + 1);
    names += fmt::format("v{}, ", i);
    equal += fmt::format("{}t.{}::text COLLATE \"C\" = u.v{}", i == 0 ? "" : " AND ",
                         ColumnOf(dataset, rule.fields[i]), i);
  }
  return fmt::format("SELECT u.n, t.id FROM unnest({}) WITH ORDINALITY u({}n) JOIN {} t ON {}",
                     arrays, names, QuoteIdentifier(dataset.name()), equal);
}

std::string ReadRowsSql(const planpb::Dataset& dataset, const PostgresTable& table) {
  std::string columns;
  for (int i = 0; i < dataset.fields_size(); ++i) {
    columns += table.has_field[i]
                   ? fmt::format(", t.{}::text", ColumnOf(dataset, static_cast<uint32_t>(i)))
                   : std::string(", NULL::text");
  }
  return fmt::format("SELECT t.id{}, {} FROM {} t WHERE t.id = ANY($1::bigint[])", columns,
                     table.has_custom ? "t.custom" : "NULL::text", QuoteIdentifier(dataset.name()));
}

SinkRow RowOf(const PostgresRows& rows, int row, int fields) {
  SinkRow read;
  read.id = rows.Int(row, 0);
  read.fields.resize(fields);
  for (int i = 0; i < fields; ++i) {
    if (!rows.IsNull(row, i + 1)) read.fields[i] = std::string(rows.Text(row, i + 1));
  }
  if (!rows.IsNull(row, fields + 1)) read.custom = std::string(rows.Text(row, fields + 1));
  return read;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresView>> PostgresView::Open(const std::string& connection) {
  database::PostgresOptions options;
  options.connection = connection;
  // It sleeps while the stages before work, and holds nobody up.
  options.idle_in_transaction_timeout_ms = 0;
  SLUICE_ASSIGN_OR_RETURN(auto opened, database::PostgresConnection::Open(options));
  std::unique_ptr<PostgresView> view(new PostgresView(std::move(opened)));
  SLUICE_RETURN_IF_ERROR(
      view->connection_->Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  // The first question fixes the moment.
  SLUICE_RETURN_IF_ERROR(view->connection_->Query("SELECT 1").status());
  return view;
}

absl::Status PostgresView::Prepare(const SinkDataset& dataset) {
  Table& table = tables_[dataset.dataset.name()] = Table();
  SLUICE_ASSIGN_OR_RETURN(const PostgresTable columns,
                          ReadPostgresTable(*connection_, dataset.dataset));
  table.exists = columns.oid != 0;
  if (!table.exists) return absl::OkStatus();
  table.read_rows = ReadRowsSql(dataset.dataset, columns);
  SLUICE_ASSIGN_OR_RETURN(
      const std::vector<KeyRule> unindexed,
      RulesWithoutIndex(*connection_, dataset.dataset, columns.oid, dataset.rules));
  PostgresDataset statements(*connection_, dataset, key_);
  for (const KeyRule& rule : dataset.rules) {
    const bool whole = std::all_of(rule.fields.begin(), rule.fields.end(),
                                   [&](uint32_t field) { return columns.has_field[field]; });
    if (!whole) continue;
    const bool scan = std::any_of(unindexed.begin(), unindexed.end(), [&](const KeyRule& other) {
      return other.fields == rule.fields;
    });
    table.lookups[rule.fields] = scan ? ScanSql(dataset.dataset, rule) : statements.LookupSql(rule);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Decision>> PostgresView::ReadDecision(const SinkDataset& dataset,
                                                                   std::string_view identity) {
  // A sink of an older version has none.
  SLUICE_ASSIGN_OR_RETURN(const auto table,
                          connection_->Query("SELECT to_regclass('sluice.decision') IS NOT NULL"));
  if (!table.Bool(0, 0)) return std::optional<Decision>();
  return ReadPostgresDecision(*connection_, dataset.dataset.name(), identity);
}

uint64_t PostgresView::HashOf(const SinkDataset& dataset, const KeyProbe& probe) {
  return MatchKeyHash(key_, dataset.dataset, dataset.rules[probe.rule], probe.values, hash_buffer_);
}

absl::Status PostgresView::Lookup(Table& table, const KeyRule& rule, const Probes& probes) {
  const auto lookup = table.lookups.find(rule.fields);
  if (probes.empty() || lookup == table.lookups.end()) return absl::OkStatus();
  PostgresParameters parameters;
  for (size_t part = 0; part < rule.fields.size(); ++part) {
    PostgresArray values = PostgresArray::OfTexts();
    for (const auto& [hash, probe] : probes) values.Add(probe->values[part]);
    parameters.Array(std::move(values));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto found, connection_->Query(lookup->second, parameters));
  for (int i = 0; i < found.size(); ++i) {
    const RowId id = found.Int(i, 1);
    table.keys[probes[static_cast<size_t>(found.Int(i, 0)) - 1].first].push_back(id);
    if (!table.rows.contains(id)) table.unread.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status PostgresView::Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                                  std::span<const RowId> ids) {
  Table& table = tables_.at(dataset.dataset.name());
  table.keys.clear();
  table.rows.clear();
  table.unread.assign(ids.begin(), ids.end());
  if (!table.exists) return absl::OkStatus();
  std::vector<Probes> by_rule(dataset.rules.size());
  for (const KeyProbe& probe : probes) {
    const uint64_t hash = HashOf(dataset, probe);
    if (table.keys.try_emplace(hash).second) by_rule[probe.rule].emplace_back(hash, &probe);
  }
  for (uint32_t rule = 0; rule < by_rule.size(); ++rule) {
    SLUICE_RETURN_IF_ERROR(Lookup(table, dataset.rules[rule], by_rule[rule]));
  }
  return absl::OkStatus();
}

absl::Status PostgresView::FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                          std::vector<RowId>& candidates) {
  candidates.clear();
  Table& table = tables_.at(dataset.dataset.name());
  if (!table.exists) return absl::OkStatus();
  const uint64_t hash = HashOf(dataset, probe);
  if (table.keys.try_emplace(hash).second) {
    SLUICE_RETURN_IF_ERROR(Lookup(table, dataset.rules[probe.rule], {{hash, &probe}}));
  }
  candidates = table.keys[hash];
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return absl::OkStatus();
}

absl::Status PostgresView::ReadRows(Table& table, int fields, RowId wanted) {
  table.unread.push_back(wanted);
  PostgresArray ids = PostgresArray::OfInts();
  for (const RowId id : table.unread) {
    if (table.rows.try_emplace(id).second) ids.Add(id);
  }
  table.unread.clear();
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query(table.read_rows, PostgresParameters().Array(std::move(ids))));
  for (int i = 0; i < rows.size(); ++i) table.rows[rows.Int(i, 0)] = RowOf(rows, i, fields);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SinkRow>> PostgresView::ReadRow(const SinkDataset& dataset, RowId id) {
  Table& table = tables_.at(dataset.dataset.name());
  if (!table.exists) return std::optional<SinkRow>();
  if (!table.rows.contains(id)) {
    SLUICE_RETURN_IF_ERROR(ReadRows(table, dataset.dataset.fields_size(), id));
  }
  return table.rows[id];
}

}  // namespace sluice::load

#include "load/sqlite_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "common/base/status.h"
#include "load/match_key.h"
#include "load/sqlite_decision.h"

namespace sluice::load {

using database::QuoteIdentifier;

absl::StatusOr<std::unique_ptr<SqliteView>> SqliteView::Open(
    const database::SqliteOptions& options) {
  std::unique_ptr<SqliteView> view(new SqliteView(options));
  std::error_code ignored;
  if (options.vfs.empty() && !std::filesystem::exists(options.path, ignored)) return view;
  view->options_.read_only = true;
  SLUICE_RETURN_IF_ERROR(view->OpenSnapshot());
  return view;
}

absl::Status SqliteView::OpenSnapshot() {
  SLUICE_ASSIGN_OR_RETURN(connection_, database::SqliteConnection::Open(options_));
  SLUICE_RETURN_IF_ERROR(connection_->Execute("BEGIN"));
  // The first look fixes the moment.
  SLUICE_ASSIGN_OR_RETURN(const bool meta, HasTable("sluice_meta"));
  if (!meta) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      auto key, connection_->Prepare("SELECT value FROM sluice_meta WHERE key = 'match_key'"));
  SLUICE_ASSIGN_OR_RETURN(const bool found, key.Step());
  if (!found || key.Blob(0).size() != key_.size()) {
    return absl::DataLossError("the match key is damaged");
  }
  std::memcpy(key_.data(), key.Blob(0).data(), key_.size());
  return absl::OkStatus();
}

absl::StatusOr<bool> SqliteView::HasTable(std::string_view name) {
  SLUICE_ASSIGN_OR_RETURN(
      auto table,
      connection_->Prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"));
  table.Bind(1, name);
  return table.Step();
}

absl::StatusOr<std::optional<Decision>> SqliteView::ReadDecision(const SinkDataset& dataset,
                                                                 std::string_view identity) {
  if (connection_ == nullptr) return std::optional<Decision>();
  // A sink of an older version has none.
  SLUICE_ASSIGN_OR_RETURN(const bool any, HasTable("sluice_decision"));
  if (!any) return std::optional<Decision>();
  return ReadSqliteDecision(*connection_, dataset.dataset.name(), identity);
}

std::string SqliteView::Columns(const planpb::Dataset& dataset, const Table& table) const {
  std::string columns = "id";
  for (int i = 0; i < dataset.fields_size(); ++i) {
    columns += table.columns.has_field[i] ? ", " + QuoteIdentifier(dataset.fields(i).name())
                                          : std::string(", NULL");
  }
  return columns + (table.columns.has_custom ? ", custom" : ", NULL");
}

absl::Status SqliteView::Prepare(const SinkDataset& dataset) {
  Table& table = tables_[dataset.dataset.name()] = Table();
  if (connection_ == nullptr) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(table.columns, ReadSqliteTable(*connection_, dataset.dataset));
  if (!table.columns.exists) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      table.select_row, connection_->Prepare(fmt::format("SELECT {} FROM {} WHERE id = ?",
                                                         Columns(dataset.dataset, table),
                                                         QuoteIdentifier(dataset.dataset.name()))));
  table.index = std::make_unique<MatchIndex>(*connection_, dataset.dataset.name());
  SLUICE_ASSIGN_OR_RETURN(const std::vector<KeyRule> unknown, LoadIndex(dataset, table));
  if (unknown.size() < dataset.rules.size()) {
    SLUICE_RETURN_IF_ERROR(IndexRows(dataset, dataset.rules, true, table));
  }
  return unknown.empty() ? absl::OkStatus() : IndexRows(dataset, unknown, false, table);
}

absl::StatusOr<std::vector<KeyRule>> SqliteView::LoadIndex(const SinkDataset& dataset,
                                                           Table& table) {
  SLUICE_ASSIGN_OR_RETURN(const bool indexed, HasTable("sluice_match_rule"));
  SLUICE_ASSIGN_OR_RETURN(const bool triggers,
                          HasSqliteTriggers(*connection_, dataset.dataset.name()));
  // Without triggers nobody told of changes: the index would lack them.
  if (!indexed || !triggers) return dataset.rules;
  SLUICE_RETURN_IF_ERROR(table.index->Load());
  SLUICE_ASSIGN_OR_RETURN(
      auto known,
      connection_->Prepare("SELECT 1 FROM sluice_match_rule WHERE dataset = ? AND rule = ?"));
  std::vector<KeyRule> unknown;
  for (const KeyRule& rule : dataset.rules) {
    const std::string name = RuleName(dataset.dataset, rule);
    known.Bind(1, dataset.dataset.name()).Bind(2, name);
    SLUICE_ASSIGN_OR_RETURN(const bool found, known.Step());
    known.Reset();
    if (!found) unknown.push_back(rule);
  }
  return unknown;
}

absl::Status SqliteView::IndexRows(const SinkDataset& dataset, const std::vector<KeyRule>& rules,
                                   bool touched_only, Table& table) {
  std::string sql = fmt::format("SELECT {} FROM {}", Columns(dataset.dataset, table),
                                QuoteIdentifier(dataset.dataset.name()));
  if (touched_only) sql += " WHERE id IN (SELECT row_id FROM sluice_touched WHERE dataset = ?)";
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection_->Prepare(sql));
  if (touched_only) rows.Bind(1, dataset.dataset.name());
  std::vector<std::string_view> values;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    for (const KeyRule& rule : rules) {
      if (!KeyOf(rows, rule, values)) continue;
      table.index->Add(MatchKeyHash(key_, dataset.dataset, rule, values, hash_buffer_),
                       rows.Int(0));
    }
  }
}

absl::Status SqliteView::FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                        std::vector<RowId>& candidates) {
  candidates.clear();
  Table& table = tables_.at(dataset.dataset.name());
  if (table.index == nullptr) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(table.index->Find(
      MatchKeyHash(key_, dataset.dataset, dataset.rules[probe.rule], probe.values, hash_buffer_),
      candidates));
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SinkRow>> SqliteView::ReadRow(const SinkDataset& dataset, RowId id) {
  Table& table = tables_.at(dataset.dataset.name());
  if (table.index == nullptr) return std::optional<SinkRow>();
  database::SqliteStatement& select = table.select_row;
  select.Bind(1, id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return std::optional<SinkRow>();
  std::optional<SinkRow> row = RowOf(select, dataset.dataset);
  select.Reset();
  return row;
}

}  // namespace sluice::load

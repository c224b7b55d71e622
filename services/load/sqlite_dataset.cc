#include "load/sqlite_dataset.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "load/match_key.h"
#include "load/sqlite_table.h"

namespace sluice::load {
namespace {

using database::QuoteIdentifier;

}  // namespace

SqliteDataset::SqliteDataset(database::SqliteConnection& connection, const SinkDataset& dataset,
                             const base::HashKey& key)
    : connection_(connection),
      dataset_(dataset),
      key_(key),
      index_(connection, dataset.dataset.name()),
      created_(connection, dataset.dataset.name()) {
  dataset_.rules.clear();
}

absl::Status SqliteDataset::Prepare() {
  SLUICE_RETURN_IF_ERROR(CreateTable());
  SLUICE_RETURN_IF_ERROR(AddMissingColumns());
  SLUICE_RETURN_IF_ERROR(index_.Load());
  SLUICE_RETURN_IF_ERROR(CreateTriggers());
  SLUICE_RETURN_IF_ERROR(FindForeignTriggers());
  return PrepareStatements();
}

absl::Status SqliteDataset::CreateTable() {
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {}(id INTEGER PRIMARY KEY",
                                QuoteIdentifier(dataset_.dataset.name()));
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    sql += fmt::format(", {} {}", QuoteIdentifier(field.name()), SqliteColumnType(field.type()));
  }
  sql += ", custom TEXT)";
  SLUICE_RETURN_IF_ERROR(connection_.Execute(sql));
  SLUICE_RETURN_IF_ERROR(created_.CreateTable());
  referrers.reset();
  return connection_.Execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {0}(row_id INTEGER NOT NULL, number INTEGER NOT NULL, "
      "import_sequence INTEGER NOT NULL, kind INTEGER NOT NULL, source_row INTEGER NOT NULL, "
      "changes BLOB NOT NULL, PRIMARY KEY(row_id, number)) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS {1} ON {0}(import_sequence, row_id, number) WHERE kind <> 0;"
      // Rows that an import created under another's id.
      "CREATE INDEX IF NOT EXISTS {2} ON {0}(import_sequence, row_id) "
      "WHERE kind = 0 AND import_sequence <> row_id >> 32",
      QuoteIdentifier(JournalTable()), QuoteIdentifier(JournalTable() + "_by_import"),
      QuoteIdentifier(JournalTable() + "_elsewhere")));
}

absl::Status SqliteDataset::AddMissingColumns() {
  const planpb::Dataset& dataset = dataset_.dataset;
  SLUICE_ASSIGN_OR_RETURN(const SqliteTable table, ReadSqliteTable(connection_, dataset));
  const auto add = [&](std::string_view name, std::string_view type) {
    return connection_.Execute(fmt::format("ALTER TABLE {} ADD COLUMN {} {}",
                                           QuoteIdentifier(dataset.name()), QuoteIdentifier(name),
                                           type));
  };
  for (int i = 0; i < dataset.fields_size(); ++i) {
    if (table.has_field[i]) continue;
    SLUICE_RETURN_IF_ERROR(
        add(dataset.fields(i).name(), SqliteColumnType(dataset.fields(i).type())));
  }
  if (!table.has_custom) SLUICE_RETURN_IF_ERROR(add("custom", "TEXT"));
  return RegisterReferences();
}

absl::Status SqliteDataset::RegisterReferences() {
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_.Prepare("INSERT OR IGNORE INTO sluice_reference(dataset, field,"
                                       " target) VALUES(?, ?, ?)"));
  const std::string& name = dataset_.dataset.name();
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    if (field.type() != planpb::FIELD_TYPE_REFERENCE || field.reference().empty()) continue;
    insert.Bind(1, name).Bind(2, field.name()).Bind(3, field.reference());
    SLUICE_RETURN_IF_ERROR(insert.Run());
    // A rollback asks for every row it removes whether another one refers to it.
    SLUICE_RETURN_IF_ERROR(connection_.Execute(fmt::format(
        "CREATE INDEX IF NOT EXISTS {} ON {}({}) WHERE {} IS NOT NULL",
        QuoteIdentifier(fmt::format("sluice_{}_by_{}", name, field.name())), QuoteIdentifier(name),
        QuoteIdentifier(field.name()), QuoteIdentifier(field.name()))));
  }
  return absl::OkStatus();
}

absl::Status SqliteDataset::FindReferrers() {
  if (referrers.has_value()) return absl::OkStatus();
  // By references of datasets, and by foreign keys that others have made: nothing is removed or
  // cleared because of one.
  SLUICE_ASSIGN_OR_RETURN(
      auto columns,
      connection_.Prepare(
          "SELECT r.dataset, r.field FROM sluice_reference r JOIN pragma_table_info(r.dataset) c "
          "ON c.name = r.field WHERE r.target = ?1 UNION SELECT m.name, f.\"from\" FROM "
          "sqlite_master m JOIN pragma_foreign_key_list(m.name) f ON lower(f.\"table\") = "
          "lower(?1) WHERE m.type = 'table' AND (f.\"to\" IS NULL OR lower(f.\"to\") = 'id')"));
  columns.Bind(1, dataset_.dataset.name());
  std::vector<database::SqliteStatement> statements;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, columns.Step());
    if (!more) break;
    SLUICE_ASSIGN_OR_RETURN(
        auto asks, connection_.Prepare(fmt::format(
                       "SELECT 1 FROM {} WHERE {} = ?1{} LIMIT 1", QuoteIdentifier(columns.Text(0)),
                       QuoteIdentifier(columns.Text(1)),
                       columns.Text(0) == dataset_.dataset.name() ? " AND id <> ?1" : "")));
    statements.push_back(std::move(asks));
  }
  referrers = std::move(statements);
  return absl::OkStatus();
}

absl::Status SqliteDataset::CreateTriggers() {
  const std::string& name = dataset_.dataset.name();
  SLUICE_ASSIGN_OR_RETURN(const bool whole, HasSqliteTriggers(connection_, name));
  if (whole) return absl::OkStatus();
  // Without them nobody told of changes: what the index holds cannot be relied on.
  SLUICE_RETURN_IF_ERROR(index_.Clear());
  SLUICE_ASSIGN_OR_RETURN(auto forget,
                          connection_.Prepare("DELETE FROM sluice_match_rule WHERE dataset = ?"));
  forget.Bind(1, name);
  SLUICE_RETURN_IF_ERROR(forget.Run());
  dataset_.rules.clear();
  rule_names_.clear();
  const std::string inserted = "sluice_" + name + "_inserted";
  const std::string updated = "sluice_" + name + "_updated";
  for (const auto& [trigger, event] : {std::pair{inserted, "INSERT"}, {updated, "UPDATE"}}) {
    // One of this name may watch a table that was renamed.
    SLUICE_RETURN_IF_ERROR(connection_.Execute(fmt::format(
        "DROP TRIGGER IF EXISTS {0}; CREATE TRIGGER {0} AFTER {1} ON {2} "
        "WHEN (SELECT quiet FROM sluice_writer WHERE id = 1) = 0 BEGIN "
        "INSERT OR IGNORE INTO sluice_touched(dataset, row_id) VALUES('{3}', new.id); END",
        QuoteIdentifier(trigger), event, QuoteIdentifier(name), name)));
  }
  return absl::OkStatus();
}

absl::Status SqliteDataset::FindForeignTriggers() {
  SLUICE_ASSIGN_OR_RETURN(
      auto count,
      connection_.Prepare("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' "
                          "AND tbl_name = ? AND name NOT LIKE 'sluice\\_%' ESCAPE '\\'"));
  count.Bind(1, dataset_.dataset.name());
  SLUICE_RETURN_IF_ERROR(count.Step().status());
  foreign_triggers_ = count.Int(0) > 0;
  count.Reset();
  return absl::OkStatus();
}

absl::Status SqliteDataset::Flush() {
  SLUICE_RETURN_IF_ERROR(created_.Flush());
  return index_.Flush();
}

absl::Status SqliteDataset::PrepareStatements() {
  SLUICE_RETURN_IF_ERROR(created_.PrepareStatements());
  const std::string table = QuoteIdentifier(dataset_.dataset.name());
  const std::string journal = QuoteIdentifier(JournalTable());
  std::string columns = "id";
  std::string values = "?";
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    columns += ", " + QuoteIdentifier(field.name());
    values += ", ?";
  }
  columns += ", custom";
  values += ", ?";
  SLUICE_ASSIGN_OR_RETURN(
      insert_row,
      connection_.Prepare(fmt::format("INSERT INTO {}({}) VALUES({})", table, columns, values)));
  SLUICE_ASSIGN_OR_RETURN(select_row, connection_.Prepare(fmt::format(
                                          "SELECT {} FROM {} WHERE id = ?", columns, table)));
  SLUICE_ASSIGN_OR_RETURN(
      insert_entry,
      connection_.Prepare(fmt::format("INSERT OR REPLACE INTO {}(row_id, number, import_sequence, "
                                      "kind, source_row, changes) VALUES(?, ?, ?, ?, ?, ?)",
                                      journal)));
  SLUICE_ASSIGN_OR_RETURN(
      newest_entry,
      connection_.Prepare(fmt::format("SELECT number, import_sequence, kind, source_row, changes "
                                      "FROM {} WHERE row_id = ? AND number <= ? "
                                      "ORDER BY number DESC LIMIT 1",
                                      journal)));
  SLUICE_ASSIGN_OR_RETURN(earlier_entry, connection_.Prepare(fmt::format(
                                             "SELECT 1 FROM {} WHERE row_id = ? AND number < ? AND "
                                             "import_sequence = ? LIMIT 1",
                                             journal)));
  SLUICE_ASSIGN_OR_RETURN(
      remove_entry,
      connection_.Prepare(fmt::format("DELETE FROM {} WHERE row_id = ? AND number = ?", journal)));
  SLUICE_ASSIGN_OR_RETURN(
      chain, connection_.Prepare(fmt::format("SELECT number, import_sequence, kind, source_row, "
                                             "changes FROM {} WHERE row_id = ? ORDER BY number",
                                             journal)));
  SLUICE_ASSIGN_OR_RETURN(
      remove_chain, connection_.Prepare(fmt::format("DELETE FROM {} WHERE row_id = ?", journal)));
  SLUICE_ASSIGN_OR_RETURN(remove_row,
                          connection_.Prepare(fmt::format("DELETE FROM {} WHERE id = ?", table)));
  return absl::OkStatus();
}

absl::Status SqliteDataset::CheckSchema() {
  SLUICE_RETURN_IF_ERROR(CreateTable());
  SLUICE_RETURN_IF_ERROR(AddMissingColumns());
  const std::vector<KeyRule> rules = dataset_.rules;
  SLUICE_RETURN_IF_ERROR(CreateTriggers());
  SLUICE_RETURN_IF_ERROR(FindForeignTriggers());
  return EnsureRules(rules);
}

absl::Status SqliteDataset::EnsureRules(const std::vector<KeyRule>& rules) {
  SLUICE_ASSIGN_OR_RETURN(
      auto known, connection_.Prepare("SELECT 1 FROM sluice_match_rule WHERE dataset = ? AND "
                                      "rule = ?"));
  SLUICE_ASSIGN_OR_RETURN(
      auto remember,
      connection_.Prepare("INSERT INTO sluice_match_rule(dataset, rule) VALUES(?, ?)"));
  std::vector<KeyRule> unbuilt;
  for (const KeyRule& rule : rules) {
    const std::string name = RuleName(dataset_.dataset, rule);
    if (std::find(rule_names_.begin(), rule_names_.end(), name) == rule_names_.end()) {
      rule_names_.push_back(name);
      dataset_.rules.push_back(rule);
    }
    known.Bind(1, dataset_.dataset.name()).Bind(2, name);
    SLUICE_ASSIGN_OR_RETURN(const bool is_known, known.Step());
    known.Reset();
    if (is_known) continue;
    unbuilt.push_back(rule);
    remember.Bind(1, dataset_.dataset.name()).Bind(2, name);
    SLUICE_RETURN_IF_ERROR(remember.Run());
  }
  // Rules of other plans must be kept up to date too, or they would miss the rows of this one.
  SLUICE_ASSIGN_OR_RETURN(
      auto others, connection_.Prepare("SELECT rule FROM sluice_match_rule WHERE dataset = ?"));
  others.Bind(1, dataset_.dataset.name());
  std::vector<std::string> unknown;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, others.Step());
    if (!more) break;
    const std::string name(others.Text(0));
    if (std::find(rule_names_.begin(), rule_names_.end(), name) != rule_names_.end()) continue;
    auto rule = RuleByName(dataset_.dataset, name);
    if (!rule.has_value()) {
      unknown.push_back(name);
      continue;
    }
    rule_names_.push_back(name);
    dataset_.rules.push_back(*std::move(rule));
  }
  // A rule with a field this dataset does not have cannot be kept: whoever has it builds it anew.
  SLUICE_ASSIGN_OR_RETURN(auto forget,
                          connection_.Prepare("DELETE FROM sluice_match_rule WHERE dataset = ? AND "
                                              "rule = ?"));
  for (const std::string& name : unknown) {
    forget.Bind(1, dataset_.dataset.name()).Bind(2, name);
    SLUICE_RETURN_IF_ERROR(forget.Run());
  }
  return unbuilt.empty() ? absl::OkStatus() : IndexTable(unbuilt);
}

absl::Status SqliteDataset::IndexTable(const std::vector<KeyRule>& rules) {
  std::string columns = "id";
  for (const planpb::Field& field : dataset_.dataset.fields()) {
    columns += ", " + QuoteIdentifier(field.name());
  }
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection_.Prepare(fmt::format("SELECT {} FROM {}", columns,
                                                 QuoteIdentifier(dataset_.dataset.name()))));
  constexpr size_t kFlushEvery = 32768;
  std::vector<std::string_view> values;
  for (size_t count = 1;; ++count) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    for (const KeyRule& rule : rules) {
      if (KeyOf(rows, rule, values)) index_.Add(HashOf(rule, values), rows.Int(0));
    }
    if (count % kFlushEvery == 0) SLUICE_RETURN_IF_ERROR(index_.Flush());
  }
  return index_.Flush();
}

uint64_t SqliteDataset::HashOf(const KeyRule& rule, std::span<const std::string_view> values) {
  return MatchKeyHash(key_, dataset_.dataset, rule, values, hash_input_);
}

void SqliteDataset::AddKeys(RowId id, std::span<const std::string_view> fields) {
  for (const KeyRule& rule : dataset_.rules) {
    key_values_.clear();
    bool complete = true;
    for (const uint32_t field : rule.fields) {
      key_values_.push_back(fields[field]);
      complete = complete && !fields[field].empty();
    }
    if (complete) index_.Add(HashOf(rule, key_values_), id);
  }
}

absl::Status SqliteDataset::TakeInTouched() {
  SLUICE_ASSIGN_OR_RETURN(
      auto touched, connection_.Prepare("SELECT row_id FROM sluice_touched WHERE dataset = ?"));
  touched.Bind(1, dataset_.dataset.name());
  std::vector<RowId> ids;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, touched.Step());
    if (!more) break;
    ids.push_back(touched.Int(0));
  }
  if (ids.empty()) return absl::OkStatus();
  std::vector<std::string_view> fields;
  for (const RowId id : ids) {
    select_row.Bind(1, id);
    SLUICE_ASSIGN_OR_RETURN(const bool found, select_row.Step());
    if (!found) continue;
    fields.clear();
    for (int i = 0; i < dataset_.dataset.fields_size(); ++i) {
      fields.push_back(select_row.Text(i + 1));
    }
    AddKeys(id, fields);
    select_row.Reset();
  }
  SLUICE_RETURN_IF_ERROR(index_.Flush());
  SLUICE_ASSIGN_OR_RETURN(auto forget,
                          connection_.Prepare("DELETE FROM sluice_touched WHERE dataset = ?"));
  forget.Bind(1, dataset_.dataset.name());
  return forget.Run();
}

}  // namespace sluice::load

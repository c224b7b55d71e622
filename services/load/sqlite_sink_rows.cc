// The rows and met rows of SqliteSink.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/status.h"
#include "load/sqlite_sink.h"
#include "load/sqlite_table.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {
namespace {

namespace storagepb = ::sluice::storage::v1;

// Binds a value so that the database keeps it digit by digit: an integer too large for SQLite's
// would become a rounded number in an INTEGER column.
void BindField(database::SqliteStatement& statement, int parameter, planpb::FieldType type,
               std::string_view value) {
  constexpr size_t kDigitsThatFit = 18;
  if (type == planpb::FIELD_TYPE_INTEGER && value.size() > kDigitsThatFit) {
    statement.BindBlob(parameter, value);
  } else {
    statement.Bind(parameter, value);
  }
}

}  // namespace

absl::Status SqliteSink::FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                        std::vector<RowId>& candidates) {
  candidates.clear();
  SqliteDataset& table = At(dataset);
  SLUICE_RETURN_IF_ERROR(
      table.index().Find(table.HashOf(dataset.rules[probe.rule], probe.values), candidates));
  if (candidates.size() > 1) {
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SinkRow>> SqliteSink::ReadRow(const SinkDataset& dataset, RowId id) {
  database::SqliteStatement& select = At(dataset).select_row;
  select.Bind(1, id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return std::optional<SinkRow>();
  std::optional<SinkRow> row = RowOf(select, dataset.dataset);
  select.Reset();
  return row;
}

absl::Status SqliteSink::ListIds(const SinkDataset& dataset, RowId after, size_t count,
                                 std::vector<RowId>& ids) {
  ids.clear();
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection_->Prepare(fmt::format(
                                         "SELECT id FROM {} WHERE id > ? ORDER BY id LIMIT ?",
                                         database::QuoteIdentifier(dataset.dataset.name()))));
  rows.Bind(1, after).Bind(2, static_cast<int64_t>(count));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    ids.push_back(rows.Int(0));
  }
}

absl::StatusOr<RowId> SqliteSink::Insert(const SinkDataset& dataset, const NewRow& row,
                                         uint64_t import_sequence) {
  SqliteDataset& table = At(dataset);
  database::SqliteStatement& insert = table.insert_row;
  RowId id = row.id;
  insert.Bind(1, id);
  int parameter = 2;
  for (size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].empty()) {
      insert.BindNull(parameter++);
    } else {
      BindField(insert, parameter++, dataset.dataset.fields(static_cast<int>(i)).type(),
                row.fields[i]);
    }
  }
  if (row.custom_json.empty()) {
    insert.BindNull(parameter);
  } else {
    insert.Bind(parameter, row.custom_json);
  }
  absl::Status status = insert.Run();
  if (absl::IsAlreadyExists(status)) {
    // A row somebody put in by hand has taken the id.
    SLUICE_ASSIGN_OR_RETURN(id, FreshId(table));
    insert.Bind(1, id);
    status = insert.Run();
  }
  SLUICE_RETURN_IF_ERROR(status);
  table.AddKeys(id, row.fields);
  SLUICE_RETURN_IF_ERROR(InsertCreatedEntry(table, row, id, import_sequence));
  return id;
}

absl::StatusOr<RowId> SqliteSink::FreshId(SqliteDataset& table) {
  // Above rows that are gone too: their journal must not become another row's.
  SLUICE_ASSIGN_OR_RETURN(
      const auto present,
      connection_->QueryInt(fmt::format("SELECT max(coalesce((SELECT max(id) FROM {}), 0), "
                                        "coalesce((SELECT max(row_id) FROM {}), 0))",
                                        database::QuoteIdentifier(table.dataset().name()),
                                        database::QuoteIdentifier(table.JournalTable()))));
  SLUICE_ASSIGN_OR_RETURN(const RowId created, table.created().Last());
  const RowId last = std::max(present.value_or(0), created);
  if (last == std::numeric_limits<RowId>::max()) {
    return absl::FailedPreconditionError(fmt::format(
        "the table {} holds a row with the largest id there is ({}): give it another id",
        table.dataset().name(), last));
  }
  return last + 1;
}

absl::Status SqliteSink::Update(const SinkDataset& dataset, const ChangedRow& change,
                                const SinkRow& after) {
  if (change.fields.empty() && !change.custom.has_value()) return absl::OkStatus();
  std::string assignments;
  for (const ChangedField& field : change.fields) {
    if (!assignments.empty()) assignments += ", ";
    assignments +=
        database::QuoteIdentifier(dataset.dataset.fields(static_cast<int>(field.field)).name()) +
        " = ?";
  }
  if (change.custom.has_value()) assignments += assignments.empty() ? "custom = ?" : ", custom = ?";
  SLUICE_ASSIGN_OR_RETURN(auto update,
                          connection_->Prepare(fmt::format(
                              "UPDATE {} SET {} WHERE id = ?",
                              database::QuoteIdentifier(dataset.dataset.name()), assignments)));
  int parameter = 1;
  for (const ChangedField& field : change.fields) {
    if (field.value.has_value()) {
      BindField(update, parameter++, dataset.dataset.fields(static_cast<int>(field.field)).type(),
                *field.value);
    } else {
      update.BindNull(parameter++);
    }
  }
  if (change.custom.has_value()) {
    if (change.custom->empty()) {
      update.BindNull(parameter++);
    } else {
      update.Bind(parameter++, *change.custom);
    }
  }
  update.Bind(parameter, change.id);
  SLUICE_RETURN_IF_ERROR(update.Run());
  std::vector<std::string_view> fields;
  for (const auto& value : after.fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  At(dataset).AddKeys(change.id, fields);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Met>> SqliteSink::ReadMet(const MetKey& key, RowId id) {
  read_met_.Bind(1, static_cast<int64_t>(key.import_sequence));
  read_met_.Bind(2, key.stored()).Bind(3, id);
  SLUICE_ASSIGN_OR_RETURN(const bool found, read_met_.Step());
  if (!found) return std::optional<Met>();
  storagepb::MetRow stored;
  const std::string_view bytes = read_met_.Blob(0);
  const bool parsed = stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  read_met_.Reset();
  if (!parsed) return absl::DataLossError("a row of sluice_met is damaged");
  std::optional<Met> met(std::in_place);
  met->row = stored.row();
  met->ordinal = stored.ordinal();
  met->outcome = stored.outcome();
  for (const storagepb::GivenField& given : stored.given()) {
    const auto name = field_names_.find(given.field());
    if (name == field_names_.end()) return absl::DataLossError("sluice_met names no field");
    met->given.emplace(name->second, given.value());
  }
  return met;
}

absl::Status SqliteSink::WriteMet(const MetKey& key, RowId id, const Met& met) {
  storagepb::MetRow stored;
  stored.set_row(met.row);
  stored.set_ordinal(met.ordinal);
  stored.set_outcome(met.outcome);
  for (const auto& [name, value] : met.given) {
    SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber(name));
    storagepb::GivenField& given = *stored.add_given();
    given.set_field(number);
    given.set_value(value);
  }
  const std::string bytes = stored.SerializeAsString();
  write_met_.Bind(1, static_cast<int64_t>(key.import_sequence));
  write_met_.Bind(2, key.stored()).Bind(3, id).BindBlob(4, bytes);
  return write_met_.Run();
}

absl::Status SqliteSink::DropMet(const MetKey& key) {
  SLUICE_ASSIGN_OR_RETURN(
      auto drop,
      connection_->Prepare("DELETE FROM sluice_met WHERE import_sequence = ? AND round = ?"));
  drop.Bind(1, static_cast<int64_t>(key.import_sequence)).Bind(2, key.stored());
  return drop.Run();
}

}  // namespace sluice::load

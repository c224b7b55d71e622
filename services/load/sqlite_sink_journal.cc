// The journal of SqliteSink.
#include "common/base/status.h"
#include "load/journal_field.h"
#include "load/row_id.h"
#include "load/sqlite_sink.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {
namespace {

namespace storagepb = ::sluice::storage::v1;

}  // namespace

absl::Status SqliteSink::ReadChanges(std::string_view bytes,
                                     std::vector<JournalChange>& changes) const {
  storagepb::JournalFields fields;
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a journal entry is damaged");
  }
  for (const storagepb::JournalField& field : fields.fields()) {
    const auto name = field_names_.find(field.field());
    if (name == field_names_.end()) return absl::DataLossError("a journal entry names no field");
    JournalChange& change = changes.emplace_back();
    change.name = name->second;
    if (field.has_before()) change.before = field.before();
    if (field.has_written()) change.written = field.written();
    change.wall = field.wall();
  }
  return absl::OkStatus();
}

absl::StatusOr<JournalEntry> SqliteSink::EntryOf(RowId id, const CreatedEntry& created) const {
  JournalEntry entry;
  entry.number = 1;
  entry.import_sequence = SequenceOf(id);
  entry.kind = EntryKind::kCreated;
  entry.source_row = created.source_row;
  SLUICE_RETURN_IF_ERROR(ReadChanges(created.fields, entry.changes));
  return entry;
}

absl::Status SqliteSink::ReadEntryRow(const database::SqliteStatement& row,
                                      JournalEntry& entry) const {
  entry.number = static_cast<uint32_t>(row.Int(0));
  entry.import_sequence = static_cast<uint64_t>(row.Int(1));
  entry.kind = static_cast<EntryKind>(row.Int(2));
  entry.source_row = static_cast<uint64_t>(row.Int(3));
  return ReadChanges(row.Blob(4), entry.changes);
}

absl::StatusOr<std::optional<JournalEntry>> SqliteSink::ReadCreatedEntry(SqliteDataset& table,
                                                                         RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto created, table.created().Find(id));
  if (!created.has_value()) return std::optional<JournalEntry>();
  SLUICE_ASSIGN_OR_RETURN(JournalEntry entry, EntryOf(id, *created));
  return std::optional<JournalEntry>(std::move(entry));
}

absl::StatusOr<std::optional<JournalEntry>> SqliteSink::ReadEntry(const SinkDataset& dataset,
                                                                  RowId id, uint32_t number_max) {
  SqliteDataset& table = At(dataset);
  database::SqliteStatement& select = table.newest_entry;
  select.Bind(1, id).Bind(2, static_cast<int64_t>(number_max));
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) {
    if (number_max == 0) return std::optional<JournalEntry>();
    return ReadCreatedEntry(table, id);
  }
  std::optional<JournalEntry> entry(std::in_place);
  const absl::Status read = ReadEntryRow(select, *entry);
  select.Reset();
  SLUICE_RETURN_IF_ERROR(read);
  return entry;
}

absl::StatusOr<bool> SqliteSink::HasEarlierEntry(const SinkDataset& dataset, RowId id,
                                                 uint64_t import_sequence, uint32_t number) {
  SqliteDataset& table = At(dataset);
  database::SqliteStatement& select = table.earlier_entry;
  select.Bind(1, id).Bind(2, static_cast<int64_t>(number));
  select.Bind(3, static_cast<int64_t>(import_sequence));
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  select.Reset();
  if (found || number <= 1 || SequenceOf(id) != import_sequence) return found;
  SLUICE_ASSIGN_OR_RETURN(const auto created, table.created().Find(id));
  return created.has_value();
}

absl::StatusOr<uint32_t> SqliteSink::CustomNumber(SqliteDataset& table, std::string_view key) {
  const auto found = table.custom_numbers.find(key);
  if (found != table.custom_numbers.end()) return found->second;
  SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber("custom." + std::string(key)));
  table.custom_numbers.emplace(key, number);
  return number;
}

absl::Status SqliteSink::InsertCreatedEntry(SqliteDataset& table, const NewRow& row, RowId id,
                                            uint64_t import_sequence) {
  if (table.field_numbers.empty()) {
    for (const planpb::Field& field : table.dataset().fields()) {
      SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber(field.name()));
      table.field_numbers.push_back(number);
    }
  }
  blob_.clear();
  for (size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].empty()) continue;
    AppendJournalField(table.field_numbers[i], std::nullopt, row.fields[i], change_, blob_);
  }
  for (const CustomToken& custom : row.custom) {
    SLUICE_ASSIGN_OR_RETURN(const uint32_t number, CustomNumber(table, custom.name));
    AppendJournalField(number, std::nullopt, custom.token, change_, blob_);
  }
  if (SequenceOf(id) == import_sequence) {
    table.created().Add(id, row.source_row, blob_);
    return absl::OkStatus();
  }
  database::SqliteStatement& insert = table.insert_entry;
  insert.Bind(1, id).Bind(2, 1).Bind(3, static_cast<int64_t>(import_sequence));
  insert.Bind(4, static_cast<int64_t>(EntryKind::kCreated));
  insert.Bind(5, static_cast<int64_t>(row.source_row)).BindBlob(6, blob_);
  return insert.Run();
}

absl::Status SqliteSink::WriteEntry(const SinkDataset& dataset, RowId id,
                                    const JournalEntry& entry) {
  blob_.clear();
  for (const JournalChange& change : entry.changes) {
    SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber(change.name));
    AppendJournalField(number, change, change_, blob_);
  }
  database::SqliteStatement& insert = At(dataset).insert_entry;
  insert.Bind(1, id).Bind(2, static_cast<int64_t>(entry.number));
  insert.Bind(3, static_cast<int64_t>(entry.import_sequence));
  insert.Bind(4, static_cast<int64_t>(entry.kind));
  insert.Bind(5, static_cast<int64_t>(entry.source_row)).BindBlob(6, blob_);
  return insert.Run();
}

absl::Status SqliteSink::RemoveEntry(const SinkDataset& dataset, RowId id, uint32_t number) {
  database::SqliteStatement& remove = At(dataset).remove_entry;
  remove.Bind(1, id).Bind(2, static_cast<int64_t>(number));
  if (number == 1) At(dataset).created().Remove(id);
  return remove.Run();
}

}  // namespace sluice::load

// The journal of PostgresSink.
#include <algorithm>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/journal_field.h"
#include "load/postgres_sink.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {
namespace {

namespace storagepb = ::sluice::storage::v1;

using database::PostgresArray;
using database::PostgresParameters;

}  // namespace

absl::Status PostgresSink::LoadFieldNames() {
  SLUICE_ASSIGN_OR_RETURN(const auto rows, connection_->Query("SELECT id, name FROM sluice.field"));
  for (int i = 0; i < rows.size(); ++i) {
    const auto number = static_cast<uint32_t>(rows.Int(i, 0));
    field_numbers_.emplace(rows.Text(i, 1), number);
    field_names_.emplace(number, rows.Text(i, 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PostgresSink::FieldName(uint32_t number) {
  auto found = field_names_.find(number);
  if (found == field_names_.end()) {
    // Another loader may have named it.
    SLUICE_RETURN_IF_ERROR(LoadFieldNames());
    found = field_names_.find(number);
  }
  if (found == field_names_.end()) return absl::DataLossError("a journal entry names no field");
  return found->second;
}

absl::StatusOr<uint32_t> PostgresSink::FieldNumber(std::string_view name) {
  const auto found = field_numbers_.find(name);
  if (found != field_numbers_.end()) return found->second;
  // On a connection of its own: within the transaction two loaders with new names would wait for
  // each other.
  if (side_ == nullptr) {
    SLUICE_ASSIGN_OR_RETURN(side_, database::PostgresConnection::Open(options_.connection));
  } else if (!side_->alive()) {
    SLUICE_RETURN_IF_ERROR(side_->Reconnect());
  }
  SLUICE_RETURN_IF_ERROR(
      side_
          ->Query("INSERT INTO sluice.field(name) VALUES($1) ON CONFLICT DO NOTHING",
                  PostgresParameters().Text(name))
          .status());
  SLUICE_ASSIGN_OR_RETURN(
      const auto row,
      side_->Query("SELECT id FROM sluice.field WHERE name = $1", PostgresParameters().Text(name)));
  if (row.size() != 1) return absl::AbortedError("a name was removed from sluice.field");
  const auto number = static_cast<uint32_t>(row.Int(0, 0));
  field_numbers_.emplace(name, number);
  field_names_.emplace(number, name);
  return number;
}

absl::Status PostgresSink::ReadChanges(std::string_view bytes,
                                       std::vector<JournalChange>& changes) {
  storagepb::JournalFields fields;
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a journal entry is damaged");
  }
  for (const storagepb::JournalField& field : fields.fields()) {
    JournalChange& change = changes.emplace_back();
    SLUICE_ASSIGN_OR_RETURN(change.name, FieldName(field.field()));
    if (field.has_before()) change.before = field.before();
    if (field.has_written()) change.written = field.written();
    change.wall = field.wall();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PostgresSink::EncodeChanges(const JournalEntry& entry) {
  std::string bytes;
  std::string scratch;
  for (const JournalChange& change : entry.changes) {
    SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber(change.name));
    AppendJournalField(number, change, scratch, bytes);
  }
  return bytes;
}

absl::StatusOr<std::string> PostgresSink::EncodeCreated(Table& table, const NewRow& row) {
  std::string bytes;
  std::string scratch;
  for (size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].empty()) continue;
    SLUICE_ASSIGN_OR_RETURN(
        const uint32_t number,
        FieldNumber(table.dataset->dataset().fields(static_cast<int>(i)).name()));
    AppendJournalField(number, std::nullopt, row.fields[i], scratch, bytes);
  }
  for (const CustomToken& custom : row.custom) {
    SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber("custom." + custom.name));
    AppendJournalField(number, std::nullopt, custom.token, scratch, bytes);
  }
  return bytes;
}

absl::Status PostgresSink::ReadCreated(Table& table, const std::vector<RowId>& ids) {
  PostgresArray array = PostgresArray::OfInts();
  PostgresArray buckets = PostgresArray::OfInts();
  for (const RowId id : ids) {
    array.Add(id);
    buckets.Add(CreatedBucketOf(id));
  }
  // Each block once, however many of its rows are asked for.
  SLUICE_ASSIGN_OR_RETURN(
      const auto blocks,
      connection_->Query("SELECT r.* FROM (SELECT DISTINCT b.id FROM unnest($2::bigint[], "
                         "$3::bigint[]) k(id, bucket) CROSS JOIN LATERAL (SELECT f.id FROM "
                         "sluice.created f WHERE f.dataset = $1 AND f.id >= k.bucket AND f.id <= "
                         "k.id AND f.last >= k.id OFFSET 0) b) d CROSS JOIN LATERAL (SELECT c.id, "
                         "c.last, c.entries FROM sluice.created c WHERE c.dataset = $1 AND c.id = "
                         "d.id OFFSET 0) r",
                         PostgresParameters()
                             .Int(table.dataset->id())
                             .Array(std::move(array))
                             .Array(std::move(buckets))));
  for (int i = 0; i < blocks.size(); ++i) {
    const RowId first = blocks.Int(i, 0);
    const RowId last = blocks.Int(i, 1);
    for (auto id = std::lower_bound(ids.begin(), ids.end(), first); id != ids.end() && *id <= last;
         ++id) {
      CreatedEntry created;
      SLUICE_ASSIGN_OR_RETURN(
          const bool found,
          FindCreated(blocks.Text(i, 2), static_cast<uint64_t>(*id - first), created));
      if (!found) continue;
      JournalEntry& entry = table.batch.newest[*id].emplace();
      entry.number = 1;
      entry.import_sequence = SequenceOf(*id);
      entry.kind = EntryKind::kCreated;
      entry.source_row = created.source_row;
      SLUICE_RETURN_IF_ERROR(ReadChanges(created.fields, entry.changes));
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::ReadNewest(Table& table, RowId wanted) {
  PostgresBatch& batch = table.batch;
  std::vector<RowId> ids = {wanted};
  // Those of all rows at once when many are changed. When few are, the blocks of the others would
  // cost more than questions one by one, of which there are not many more to come then.
  constexpr size_t kFewOf = 8;
  constexpr size_t kFew = 256;
  if (batch.entries_asked >= kFew || batch.entries_asked * kFewOf >= batch.rows_asked) {
    ids.insert(ids.end(), batch.read.begin() + static_cast<ptrdiff_t>(batch.entries_read),
               batch.read.end());
    batch.entries_read = batch.read.size();
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  PostgresArray array = PostgresArray::OfInts();
  for (const RowId id : ids) {
    batch.newest[id].reset();
    array.Add(id);
  }
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT j.row_id, j.number, j.import_sequence, j.kind, j.source_row, "
                         "j.changes FROM unnest($2::bigint[]) k(id) JOIN LATERAL (SELECT * FROM "
                         "sluice.journal WHERE dataset = $1 AND row_id = k.id ORDER BY dataset "
                         "DESC, row_id DESC, number DESC LIMIT 1) j ON true",
                         PostgresParameters().Int(table.dataset->id()).Array(std::move(array))));
  for (int i = 0; i < rows.size(); ++i) {
    JournalEntry& entry = batch.newest[rows.Int(i, 0)].emplace();
    entry.number = static_cast<uint32_t>(rows.Int(i, 1));
    entry.import_sequence = static_cast<uint64_t>(rows.Int(i, 2));
    entry.kind = static_cast<EntryKind>(rows.Int(i, 3));
    entry.source_row = static_cast<uint64_t>(rows.Int(i, 4));
    SLUICE_RETURN_IF_ERROR(ReadChanges(rows.Text(i, 5), entry.changes));
  }
  std::erase_if(ids, [&](RowId id) { return batch.newest[id].has_value(); });
  return ids.empty() ? absl::OkStatus() : ReadCreated(table, ids);
}

absl::StatusOr<std::optional<JournalEntry>> PostgresSink::StoredEntry(Table& table, RowId id,
                                                                      uint32_t number_max) {
  if (number_max == 0) return std::optional<JournalEntry>();
  ++table.batch.entries_asked;
  auto newest = table.batch.newest.find(id);
  if (newest == table.batch.newest.end()) {
    SLUICE_RETURN_IF_ERROR(ReadNewest(table, id));
    newest = table.batch.newest.find(id);
  }
  if (!newest->second.has_value() || newest->second->number <= number_max) return newest->second;
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT number, import_sequence, kind, source_row, changes FROM "
                         "sluice.journal WHERE dataset = $1 AND row_id = $2 AND number <= $3 "
                         "ORDER BY dataset DESC, row_id DESC, number DESC LIMIT 1",
                         PostgresParameters().Int(table.dataset->id()).Int(id).Int(number_max)));
  std::optional<JournalEntry> entry;
  if (rows.size() == 1) {
    entry.emplace();
    entry->number = static_cast<uint32_t>(rows.Int(0, 0));
    entry->import_sequence = static_cast<uint64_t>(rows.Int(0, 1));
    entry->kind = static_cast<EntryKind>(rows.Int(0, 2));
    entry->source_row = static_cast<uint64_t>(rows.Int(0, 3));
    SLUICE_RETURN_IF_ERROR(ReadChanges(rows.Text(0, 4), entry->changes));
    return entry;
  }
  // Only the one in a block is left; the newest is kept for the next question.
  const std::optional<JournalEntry> kept = newest->second;
  table.batch.newest[id].reset();
  const absl::Status read = ReadCreated(table, {id});
  entry = table.batch.newest[id];
  table.batch.newest[id] = kept;
  SLUICE_RETURN_IF_ERROR(read);
  return entry;
}

absl::StatusOr<std::optional<JournalEntry>> PostgresSink::ReadEntry(const SinkDataset& dataset,
                                                                    RowId id, uint32_t number_max) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  Table& table = At(dataset);
  const auto row = table.batch.rows.find(id);
  const auto written = table.batch.entries.find(id);
  std::optional<JournalEntry> result;
  while (number_max > 0) {
    const std::optional<JournalEntry>* own = nullptr;
    uint32_t number = 0;
    if (written != table.batch.entries.end()) {
      const auto above = written->second.upper_bound(number_max);
      if (above != written->second.begin()) {
        own = &std::prev(above)->second;
        number = std::prev(above)->first;
      }
    }
    std::optional<JournalEntry> stored;
    if (row != table.batch.rows.end() && row->second.created) {
      if (!row->second.entry.empty()) {
        stored.emplace();
        stored->number = 1;
        stored->import_sequence = SequenceOf(id);
        stored->source_row = row->second.source_row;
        SLUICE_RETURN_IF_ERROR(ReadChanges(row->second.entry, stored->changes));
      }
    } else {
      SLUICE_ASSIGN_OR_RETURN(stored, StoredEntry(table, id, number_max));
    }
    if (own == nullptr || (stored.has_value() && stored->number > number)) {
      result = std::move(stored);
      break;
    }
    if (own->has_value()) {
      result = *own;
      break;
    }
    number_max = number - 1;
  }
  if (!in_transaction_) Forget();
  return result;
}

absl::StatusOr<bool> PostgresSink::HasEarlierEntry(const SinkDataset& dataset, RowId id,
                                                   uint64_t import_sequence, uint32_t number) {
  while (number > 1) {
    SLUICE_ASSIGN_OR_RETURN(const auto entry, ReadEntry(dataset, id, number - 1));
    if (!entry.has_value()) return false;
    if (entry->import_sequence == import_sequence) return true;
    number = entry->number;
  }
  return false;
}

absl::Status PostgresSink::WriteEntry(const SinkDataset& dataset, RowId id,
                                      const JournalEntry& entry) {
  // Names first: they are not part of the transaction.
  for (const JournalChange& change : entry.changes) {
    SLUICE_RETURN_IF_ERROR(FieldNumber(change.name).status());
  }
  At(dataset).batch.entries[id][entry.number] = entry;
  return absl::OkStatus();
}

absl::Status PostgresSink::RemoveEntry(const SinkDataset& dataset, RowId id, uint32_t number) {
  At(dataset).batch.entries[id][number] = std::nullopt;
  return absl::OkStatus();
}

}  // namespace sluice::load

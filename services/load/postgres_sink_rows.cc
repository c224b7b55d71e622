// Reading and buffering of PostgresSink: keys, rows and met rows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

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
using database::PostgresRows;

void AddId(RowId id, BatchKey& key) {
  if (std::find(key.ids.begin(), key.ids.end(), id) == key.ids.end()) key.ids.push_back(id);
}

// A row of ReadRowsSql as PackRow packs it.
void PackStored(const PostgresRows& rows, int row, int fields, std::string& packed) {
  constexpr int kFirstField = 2;
  for (int i = 0; i <= fields; ++i) {
    const int column = kFirstField + i;
    PackValue(rows.IsNull(row, column) ? std::nullopt
                                       : std::optional<std::string_view>(rows.Text(row, column)),
              packed);
  }
}

}  // namespace

absl::Status PostgresSink::Lookup(Table& table, const KeyRule& rule, const Probes& probes) {
  if (probes.empty()) return absl::OkStatus();
  PostgresParameters parameters;
  for (size_t part = 0; part < rule.fields.size(); ++part) {
    PostgresArray values = PostgresArray::OfTexts();
    for (const auto& [hash, probe] : probes) values.Add(probe->values[part]);
    parameters.Array(std::move(values));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto found,
                          connection_->Query(table.dataset->LookupSql(rule), parameters));
  for (int i = 0; i < found.size(); ++i) {
    const RowId id = found.Int(i, 1);
    AddId(id, table.batch.keys[probes[static_cast<size_t>(found.Int(i, 0)) - 1].first]);
    if (!table.batch.rows.contains(id)) table.batch.candidates.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                                  std::span<const RowId> ids) {
  Table& table = At(dataset);
  std::vector<Probes> by_rule(dataset.rules.size());
  table.batch.keys.reserve(table.batch.keys.size() + probes.size());
  for (const KeyProbe& probe : probes) {
    const uint64_t hash = table.dataset->HashOf(dataset.rules[probe.rule], probe.values);
    BatchKey& key = table.batch.keys[hash];
    if (key.fetched) continue;
    key.fetched = true;
    by_rule[probe.rule].emplace_back(hash, &probe);
  }
  for (size_t rule = 0; rule < by_rule.size(); ++rule) {
    SLUICE_RETURN_IF_ERROR(Lookup(table, dataset.rules[rule], by_rule[rule]));
  }
  return AskIds(table, ids);
}

absl::Status PostgresSink::FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                          std::vector<RowId>& candidates) {
  candidates.clear();
  Table& table = At(dataset);
  const KeyRule& rule = dataset.rules[probe.rule];
  const uint64_t hash = table.dataset->HashOf(rule, probe.values);
  BatchKey& key = table.batch.keys[hash];
  if (!key.fetched) {
    SLUICE_RETURN_IF_ERROR(EnsureConnected());
    SLUICE_RETURN_IF_ERROR(Lookup(table, rule, {{hash, &probe}}));
    key.fetched = true;
  }
  candidates.assign(key.ids.begin(), key.ids.end());
  std::sort(candidates.begin(), candidates.end());
  if (!in_transaction_) Forget();
  return absl::OkStatus();
}

absl::Status PostgresSink::ReadRows(Table& table, RowId wanted) {
  PostgresBatch& batch = table.batch;
  batch.candidates.push_back(wanted);
  std::sort(batch.candidates.begin(), batch.candidates.end());
  batch.candidates.erase(std::unique(batch.candidates.begin(), batch.candidates.end()),
                         batch.candidates.end());
  PostgresArray ids = PostgresArray::OfInts();
  for (const RowId id : batch.candidates) {
    if (batch.rows.try_emplace(id).second) ids.Add(id);
  }
  batch.candidates.clear();
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query(table.dataset->ReadRowsSql(), PostgresParameters().Array(std::move(ids))));
  const int fields = table.dataset->dataset().fields_size();
  for (int i = 0; i < rows.size(); ++i) {
    const RowId id = rows.Int(i, 0);
    BatchRow& row = batch.rows[id];
    row.exists = true;
    row.version = static_cast<uint32_t>(rows.Int(i, 1));
    PackStored(rows, i, fields, row.values);
    batch.read.push_back(id);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SinkRow>> PostgresSink::ReadRow(const SinkDataset& dataset, RowId id) {
  Table& table = At(dataset);
  auto found = table.batch.rows.find(id);
  if (found == table.batch.rows.end()) {
    const auto asked = table.batch.ids.find(id);
    if (asked != table.batch.ids.end() && !asked->second) return std::optional<SinkRow>();
    SLUICE_RETURN_IF_ERROR(EnsureConnected());
    SLUICE_RETURN_IF_ERROR(ReadRows(table, id));
    found = table.batch.rows.find(id);
  }
  ++table.batch.rows_asked;
  std::optional<SinkRow> row;
  if (found->second.exists && !found->second.removed) {
    UnpackRow(id, dataset.dataset.fields_size(), found->second.values, row.emplace());
  }
  if (!in_transaction_) Forget();
  return row;
}

absl::Status PostgresSink::AskIds(Table& table, std::span<const RowId> ids) {
  std::vector<RowId> asked;
  for (const RowId id : ids) {
    if (table.batch.ids.try_emplace(id, false).second) asked.push_back(id);
  }
  if (asked.empty()) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  std::sort(asked.begin(), asked.end());
  PostgresArray array = PostgresArray::OfInts();
  for (const RowId id : asked) array.Add(id);
  SLUICE_ASSIGN_OR_RETURN(const auto taken,
                          connection_->Query(table.dataset->TakenIdsSql(),
                                             PostgresParameters().Array(std::move(array))));
  for (int i = 0; i < taken.size(); ++i) {
    const RowId id = taken.Int(i, 0);
    table.batch.ids[id] = true;
    if (!table.batch.rows.contains(id)) table.batch.candidates.push_back(id);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PostgresSink::IsTaken(Table& table, RowId id) {
  const auto row = table.batch.rows.find(id);
  if (row != table.batch.rows.end()) return row->second.exists && !row->second.removed;
  SLUICE_RETURN_IF_ERROR(AskIds(table, std::span(&id, 1)));
  return table.batch.ids[id];
}

absl::StatusOr<RowId> PostgresSink::FreshId(Table& table) {
  // Above rows that are gone too: their journal must not become another row's.
  SLUICE_ASSIGN_OR_RETURN(
      const auto stored,
      connection_->Query(table.dataset->LastIdSql(),
                         PostgresParameters().Int(table.dataset->id()).Int(kCreatedBucketIds - 1)));
  RowId last = stored.Int(0, 0);
  for (const RowId id : table.batch.created) last = std::max(last, id);
  for (const auto& [id, entries] : table.batch.entries) last = std::max(last, id);
  if (last == std::numeric_limits<RowId>::max()) {
    return absl::FailedPreconditionError(fmt::format(
        "the table {} holds a row with the largest id there is ({}): give it another id",
        table.dataset->dataset().name(), last));
  }
  return last + 1;
}

void PostgresSink::BringKeys(Table& table, RowId id, std::span<const std::string_view> fields) {
  std::array<std::string_view, 16> values;
  for (const KeyRule& rule : table.dataset->known_rules()) {
    size_t count = 0;
    for (const uint32_t field : rule.fields) {
      if (fields[field].empty() || count == values.size()) break;
      values[count++] = fields[field];
    }
    if (count != rule.fields.size()) continue;
    const uint64_t hash = table.dataset->HashOf(rule, std::span(values.data(), count));
    BatchKey& key = table.batch.keys[hash];
    if (std::find(key.ids.begin(), key.ids.end(), id) != key.ids.end()) continue;
    key.ids.push_back(id);
    table.batch.brought.push_back(hash);
  }
}

absl::StatusOr<RowId> PostgresSink::Insert(const SinkDataset& dataset, const NewRow& row,
                                           uint64_t import_sequence) {
  Table& table = At(dataset);
  RowId id = row.id;
  SLUICE_ASSIGN_OR_RETURN(const bool taken, IsTaken(table, id));
  // A row somebody put in by hand has taken the id.
  if (taken) {
    SLUICE_ASSIGN_OR_RETURN(id, FreshId(table));
  }
  SLUICE_ASSIGN_OR_RETURN(std::string entry, EncodeCreated(table, row));
  BatchRow& kept = table.batch.rows[id];
  kept.exists = true;
  kept.created = true;
  kept.source_row = row.source_row;
  kept.values.clear();
  for (const std::string_view field : row.fields) {
    PackValue(field.empty() ? std::nullopt : std::optional<std::string_view>(field), kept.values);
  }
  PackValue(
      row.custom_json.empty() ? std::nullopt : std::optional<std::string_view>(row.custom_json),
      kept.values);
  table.batch.created.push_back(id);
  if (SequenceOf(id) == import_sequence) {
    kept.entry = std::move(entry);
  } else {
    JournalEntry first;
    first.number = 1;
    first.import_sequence = import_sequence;
    first.source_row = row.source_row;
    SLUICE_RETURN_IF_ERROR(ReadChanges(entry, first.changes));
    table.batch.entries[id][1] = std::move(first);
  }
  BringKeys(table, id, row.fields);
  return id;
}

absl::Status PostgresSink::Update(const SinkDataset& dataset, const ChangedRow& change,
                                  const SinkRow& after) {
  if (change.fields.empty() && !change.custom.has_value()) return absl::OkStatus();
  Table& table = At(dataset);
  SLUICE_ASSIGN_OR_RETURN(auto row, ReadRow(dataset, change.id));
  // Gone: as an UPDATE that meets no row.
  if (!row.has_value()) return absl::OkStatus();
  for (const ChangedField& field : change.fields) row->fields[field.field] = field.value;
  if (change.custom.has_value()) row->custom = *change.custom;
  BatchRow& kept = table.batch.rows[change.id];
  PackRow(*row, kept.values);
  if (!kept.created && !kept.changed) {
    kept.changed = true;
    table.batch.changed.push_back(change.id);
  }
  std::vector<std::string_view> fields;
  for (const auto& value : after.fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  BringKeys(table, change.id, fields);
  return absl::OkStatus();
}

absl::Status PostgresSink::ReadMetRows(const MetKey& key, BatchMetRows& met, RowId wanted) {
  PostgresArray ids = PostgresArray::OfInts();
  if (met.rows.try_emplace(wanted).second) ids.Add(wanted);
  if (last_ != nullptr) {
    const std::vector<RowId>& read = last_->batch.read;
    for (; met.read < read.size(); ++met.read) {
      if (met.rows.try_emplace(read[met.read]).second) ids.Add(read[met.read]);
    }
  }
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT r.* FROM unnest($3::bigint[]) k(id) CROSS JOIN LATERAL (SELECT "
                         "m.row_id, m.xmin, m.met FROM sluice.met m WHERE m.import_sequence = $1 "
                         "AND m.round = $2 AND m.row_id = k.id OFFSET 0) r",
                         PostgresParameters()
                             .Int(static_cast<int64_t>(key.import_sequence))
                             .Int(key.stored())
                             .Array(std::move(ids))));
  for (int i = 0; i < rows.size(); ++i) {
    storagepb::MetRow stored;
    const std::string_view bytes = rows.Text(i, 2);
    if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a row of sluice.met is damaged");
    }
    BatchMet& kept = met.rows[rows.Int(i, 0)];
    kept.version = static_cast<uint32_t>(rows.Int(i, 1));
    Met& read = kept.met.emplace();
    read.row = stored.row();
    read.ordinal = stored.ordinal();
    read.outcome = stored.outcome();
    for (const storagepb::GivenField& given : stored.given()) {
      SLUICE_ASSIGN_OR_RETURN(std::string name, FieldName(given.field()));
      read.given.emplace(std::move(name), given.value());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Met>> PostgresSink::ReadMet(const MetKey& key, RowId id) {
  BatchMetRows& met = met_[{key.import_sequence, key.stored()}];
  if (met.dropped) return std::nullopt;
  auto found = met.rows.find(id);
  if (found == met.rows.end() && last_ != nullptr) {
    const auto row = last_->batch.rows.find(id);
    // Of a row that this transaction puts in, nothing is stored.
    if (row != last_->batch.rows.end() && row->second.created) {
      found = met.rows.try_emplace(id).first;
    }
  }
  if (found == met.rows.end()) {
    SLUICE_RETURN_IF_ERROR(EnsureConnected());
    SLUICE_RETURN_IF_ERROR(ReadMetRows(key, met, id));
    found = met.rows.find(id);
  }
  std::optional<Met> result = found->second.met;
  if (!in_transaction_) Forget();
  return result;
}

absl::Status PostgresSink::WriteMet(const MetKey& key, RowId id, const Met& met) {
  // Whether it is there already decides how it is written.
  SLUICE_RETURN_IF_ERROR(ReadMet(key, id).status());
  BatchMet& kept = met_[{key.import_sequence, key.stored()}].rows[id];
  kept.met = met;
  kept.written = true;
  return absl::OkStatus();
}

absl::Status PostgresSink::DropMet(const MetKey& key) {
  met_[{key.import_sequence, key.stored()}].dropped = true;
  return absl::OkStatus();
}

}  // namespace sluice::load

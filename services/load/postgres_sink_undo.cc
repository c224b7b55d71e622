// What a rollback reads and removes in PostgresSink.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/postgres_sink.h"

namespace sluice::load {
namespace {

using database::PostgresArray;
using database::PostgresParameters;

constexpr int kSequenceBits = 32;

PostgresArray ArrayOf(const std::vector<RowId>& ids) {
  PostgresArray array = PostgresArray::OfInts();
  for (const RowId id : ids) array.Add(id);
  return array;
}

absl::Status Overtaken(const std::string& what) {
  return absl::AbortedError(
      fmt::format("{} changed while a rollback was at work: its rows are tried again", what));
}

}  // namespace

absl::StatusOr<JournalEntry> PostgresSink::EntryOf(RowId id, const CreatedEntry& created) {
  JournalEntry entry;
  entry.number = 1;
  entry.import_sequence = SequenceOf(id);
  entry.kind = EntryKind::kCreated;
  entry.source_row = created.source_row;
  SLUICE_RETURN_IF_ERROR(ReadChanges(created.fields, entry.changes));
  return entry;
}

absl::Status PostgresSink::ListCreated(Table& table, RowId from, RowId below, size_t count,
                                       std::vector<std::pair<RowId, CreatedEntry>>& entries) {
  entries.clear();
  while (entries.size() < count && from < below) {
    // Whole buckets: their blocks may interleave.
    SLUICE_ASSIGN_OR_RETURN(
        const auto blocks,
        connection_->Query(
            "SELECT c.id, c.entries FROM sluice.created c WHERE c.dataset = $1 AND c.id < $3 AND "
            "c.id >= (SELECT greatest(min(l.id) & ~$5::bigint, $2) FROM (SELECT id FROM "
            "sluice.created WHERE dataset = $1 AND id >= $2 AND id < $3 ORDER BY dataset DESC, id "
            "DESC LIMIT $4) l)",
            PostgresParameters()
                .Int(table.dataset->id())
                .Int(from)
                .Int(below)
                .Int(static_cast<int64_t>(count / kCreatedBlockEntries + 1))
                .Int(kCreatedBucketIds - 1)));
    if (blocks.size() == 0) break;
    RowId lowest = below;
    const auto first = static_cast<ptrdiff_t>(entries.size());
    for (int i = 0; i < blocks.size(); ++i) {
      lowest = std::min(lowest, CreatedBucketOf(blocks.Int(i, 0)));
      SLUICE_RETURN_IF_ERROR(ReadBlock(blocks.Int(i, 0), blocks.Text(i, 1), from, below, entries));
    }
    std::sort(entries.begin() + first, entries.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    below = lowest;
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::ListChanged(Table& table, uint64_t import_sequence, RowId below,
                                       size_t count, std::vector<RowId>& ids) {
  // Changed rows; created ones that were changed again; created ones with the id of another import.
  for (const char* which :
       {"import_sequence = $2 AND kind <> 0",
        "row_id >= $2::bigint << 32 AND row_id < ($2::bigint + 1) << 32 AND number = 1 AND kind = "
        "0 AND import_sequence = $2",
        "import_sequence = $2 AND kind = 0 AND import_sequence <> row_id >> 32"}) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(fmt::format("SELECT DISTINCT row_id FROM sluice.journal WHERE dataset = "
                                       "$1 AND {} AND row_id < $3 ORDER BY row_id DESC LIMIT $4",
                                       which),
                           PostgresParameters()
                               .Int(table.dataset->id())
                               .Int(static_cast<int64_t>(import_sequence))
                               .Int(below)
                               .Int(static_cast<int64_t>(count))));
    for (int i = 0; i < rows.size(); ++i) ids.push_back(rows.Int(i, 0));
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::ReadJournal(Table& table, const std::vector<RowId>& ids,
                                       std::vector<RowChain>& chains) {
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("SELECT k.n, j.number, j.import_sequence, j.kind, j.source_row, j.changes "
                         "FROM unnest($2::bigint[]) WITH ORDINALITY k(id, n) CROSS JOIN LATERAL "
                         "(SELECT * FROM sluice.journal WHERE dataset = $1 AND row_id = k.id ORDER "
                         "BY dataset, row_id, number OFFSET 0) j",
                         PostgresParameters().Int(table.dataset->id()).Array(ArrayOf(ids))));
  for (int i = 0; i < rows.size(); ++i) {
    RowChain& chain = chains[static_cast<size_t>(rows.Int(i, 0)) - 1];
    JournalEntry& entry = chain.entries.emplace_back();
    entry.number = static_cast<uint32_t>(rows.Int(i, 1));
    entry.import_sequence = static_cast<uint64_t>(rows.Int(i, 2));
    entry.kind = static_cast<EntryKind>(rows.Int(i, 3));
    entry.source_row = static_cast<uint64_t>(rows.Int(i, 4));
    SLUICE_RETURN_IF_ERROR(ReadChanges(rows.Text(i, 5), entry.changes));
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::ReadChains(const SinkDataset& dataset, uint64_t import_sequence,
                                      RowId below, size_t count, std::vector<RowChain>& chains) {
  chains.clear();
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  Table& table = At(dataset);
  const auto from = static_cast<RowId>(import_sequence << kSequenceBits);
  const auto end = static_cast<RowId>((import_sequence + 1) << kSequenceBits);
  std::vector<std::pair<RowId, CreatedEntry>> created;
  SLUICE_RETURN_IF_ERROR(ListCreated(table, from, std::min(below, end), count, created));
  std::vector<RowId> ids;
  for (const auto& [id, entry] : created) ids.push_back(id);
  SLUICE_RETURN_IF_ERROR(ListChanged(table, import_sequence, below, count, ids));
  std::sort(ids.begin(), ids.end(), std::greater<>());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > count) ids.resize(count);
  chains.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) chains[i].id = ids[i];
  SLUICE_RETURN_IF_ERROR(ReadJournal(table, ids, chains));
  auto next = created.begin();
  for (RowChain& chain : chains) {
    while (next != created.end() && next->first > chain.id) ++next;
    if (next == created.end() || next->first != chain.id) continue;
    if (!chain.entries.empty() && chain.entries.front().number == 1) continue;
    SLUICE_ASSIGN_OR_RETURN(JournalEntry first, EntryOf(chain.id, next->second));
    chain.entries.insert(chain.entries.begin(), std::move(first));
  }
  // Whoever reads one of the rows reads them all.
  for (const RowId id : ids) {
    if (!table.batch.rows.contains(id)) table.batch.candidates.push_back(id);
  }
  if (!in_transaction_) Forget();
  return absl::OkStatus();
}

absl::StatusOr<RowChain> PostgresSink::ReadChain(const SinkDataset& dataset, RowId id) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  Table& table = At(dataset);
  std::vector<RowChain> chains(1);
  RowChain& chain = chains.front();
  chain.id = id;
  const auto row = table.batch.rows.find(id);
  if (row != table.batch.rows.end() && row->second.removed) return chain;
  SLUICE_RETURN_IF_ERROR(ReadJournal(table, {id}, chains));
  std::map<uint32_t, JournalEntry> entries;
  for (JournalEntry& entry : chain.entries) entries[entry.number] = std::move(entry);
  if (!entries.contains(1)) {
    const auto kept = table.batch.newest.find(id);
    const std::optional<std::optional<JournalEntry>> newest =
        kept == table.batch.newest.end() ? std::nullopt : std::optional(kept->second);
    table.batch.newest.erase(id);
    SLUICE_RETURN_IF_ERROR(ReadCreated(table, {id}));
    const auto found = table.batch.newest.find(id);
    if (found != table.batch.newest.end() && found->second.has_value()) {
      entries[1] = *found->second;
    }
    table.batch.newest.erase(id);
    if (newest.has_value()) table.batch.newest[id] = *newest;
  }
  // What this transaction has done to them.
  if (row != table.batch.rows.end() && row->second.created && !row->second.entry.empty()) {
    SLUICE_ASSIGN_OR_RETURN(entries[1],
                            EntryOf(id, CreatedEntry{row->second.source_row, row->second.entry}));
  }
  const auto own = table.batch.entries.find(id);
  if (own != table.batch.entries.end()) {
    for (const auto& [number, entry] : own->second) {
      if (entry.has_value()) {
        entries[number] = *entry;
      } else {
        entries.erase(number);
      }
    }
  }
  chain.entries.clear();
  for (auto& [number, entry] : entries) chain.entries.push_back(std::move(entry));
  if (!in_transaction_) Forget();
  return std::move(chain);
}

absl::Status PostgresSink::AskReferred(Table& table, RowId wanted) {
  PostgresBatch& batch = table.batch;
  std::vector<RowId> asked;
  const auto ask = [&](RowId id) {
    if (batch.referred.try_emplace(id, false).second) asked.push_back(id);
  };
  ask(wanted);
  for (const RowId id : batch.read) ask(id);
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  for (const PostgresReferrer& referrer : *referrers) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(fmt::format("SELECT k.id FROM unnest($1::bigint[]) k(id) WHERE EXISTS "
                                       "(SELECT 1 FROM {} r WHERE r.{} = k.id{})",
                                       referrer.table, referrer.column, referrer.not_itself),
                           PostgresParameters().Array(ArrayOf(asked))));
    for (int i = 0; i < rows.size(); ++i) batch.referred[rows.Int(i, 0)] = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PostgresSink::StillRefers(const PostgresReferrer& referrer, RowId id) {
  const auto other = tables_.find(referrer.dataset);
  constexpr int kPage = 500;
  RowId after = std::numeric_limits<RowId>::min();
  while (true) {
    // What no dataset of ours knows of has not been changed here.
    const bool ours = !referrer.dataset.empty() && other != tables_.end();
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(
            ours ? fmt::format("SELECT r.id FROM (SELECT $1::bigint AS id) k JOIN {} r ON r.{} = "
                               "k.id{} AND r.id > $2 ORDER BY r.id LIMIT {}",
                               referrer.table, referrer.column, referrer.not_itself, kPage)
                 : fmt::format("SELECT 0 FROM (SELECT $1::bigint AS id) k JOIN {} r ON r.{} = "
                               "k.id{} AND $2::bigint IS NOT NULL LIMIT 1",
                               referrer.table, referrer.column, referrer.not_itself),
            PostgresParameters().Int(id).Int(after)));
    if (rows.size() == 0) return false;
    if (!ours) return true;
    const PostgresBatch& batch = other->second->batch;
    const planpb::Dataset& dataset = other->second->dataset->dataset();
    for (int i = 0; i < rows.size(); ++i) {
      after = rows.Int(i, 0);
      const auto row = batch.rows.find(after);
      if (row == batch.rows.end() || (!row->second.changed && !row->second.removed)) return true;
      if (row->second.removed) continue;
      SinkRow now;
      UnpackRow(after, dataset.fields_size(), row->second.values, now);
      for (int f = 0; f < dataset.fields_size(); ++f) {
        if (dataset.fields(f).name() == referrer.field &&
            now.fields[static_cast<size_t>(f)] == std::to_string(id)) {
          return true;
        }
      }
    }
  }
}

absl::StatusOr<bool> PostgresSink::IsReferred(const SinkDataset& dataset, RowId id) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  Table& table = At(dataset);
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  bool refers = false;
  if (!referrers->empty()) {
    if (!table.batch.referred.contains(id)) {
      SLUICE_RETURN_IF_ERROR(AskReferred(table, id));
    }
    if (table.batch.referred[id]) {
      for (const PostgresReferrer& referrer : *referrers) {
        if (refers) break;
        SLUICE_ASSIGN_OR_RETURN(refers, StillRefers(referrer, id));
      }
    }
  }
  if (!in_transaction_) Forget();
  return refers;
}

absl::Status PostgresSink::Touch(const SinkDataset& dataset, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto row, ReadRow(dataset, id));
  if (!row.has_value()) return absl::OkStatus();
  Table& table = At(dataset);
  BatchRow& kept = table.batch.rows[id];
  if (!kept.created && !kept.changed) {
    kept.changed = true;
    table.batch.changed.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::Remove(const SinkDataset& dataset, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto row, ReadRow(dataset, id));
  Table& table = At(dataset);
  BatchRow& kept = table.batch.rows[id];
  kept.removed = true;
  table.batch.removed.push_back(id);
  table.batch.entries.erase(id);
  if (kept.changed) std::erase(table.batch.changed, id);
  kept.changed = false;
  if (!row.has_value()) return absl::OkStatus();
  std::vector<std::string_view> fields;
  for (const auto& value : row->fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  // Who has just found the row by one of its keys, and is to refer to it, must look again.
  for (const KeyRule& rule : table.dataset->known_rules()) {
    std::vector<std::string_view> values;
    for (const uint32_t field : rule.fields) {
      if (!fields[field].empty()) values.push_back(fields[field]);
    }
    if (values.size() != rule.fields.size()) continue;
    table.batch.brought.push_back(table.dataset->HashOf(rule, values));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PostgresSink::ReadUndo(const UndoKey& key) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query(fmt::format("SELECT content FROM sluice.undo WHERE import_sequence = $1 "
                                     "AND number = $2 AND chunk = $3{}",
                                     in_transaction_ && key.chunk == 0 ? " FOR UPDATE" : ""),
                         PostgresParameters()
                             .Int(static_cast<int64_t>(key.import_sequence))
                             .Int(key.number)
                             .Int(key.chunk)));
  return rows.size() == 0 ? std::string() : std::string(rows.Text(0, 0));
}

absl::Status PostgresSink::WriteUndo(const UndoKey& key, std::string_view bytes) {
  return connection_
      ->Query(
          "INSERT INTO sluice.undo(import_sequence, number, chunk, content) VALUES($1, $2, $3, "
          "$4) ON CONFLICT(import_sequence, number, chunk) DO UPDATE SET content = $4",
          PostgresParameters()
              .Int(static_cast<int64_t>(key.import_sequence))
              .Int(key.number)
              .Int(key.chunk)
              .Blob(bytes))
      .status();
}

absl::Status PostgresSink::FlushRemoved(Table& table) {
  std::vector<RowId>& removed = table.batch.removed;
  if (removed.empty()) return absl::OkStatus();
  std::sort(removed.begin(), removed.end());
  SLUICE_RETURN_IF_ERROR(
      connection_
          ->Query(table.dataset->RemoveRowsSql(), PostgresParameters().Array(ArrayOf(removed)))
          .status());
  SLUICE_RETURN_IF_ERROR(
      connection_
          ->Query("DELETE FROM sluice.journal j USING (SELECT r.place FROM unnest($2::bigint[]) "
                  "k(row_id) CROSS JOIN LATERAL (SELECT o.ctid AS place FROM sluice.journal o "
                  "WHERE o.dataset = $1 AND o.row_id = k.row_id OFFSET 0) r OFFSET 0) d WHERE "
                  "j.ctid = d.place",
                  PostgresParameters().Int(table.dataset->id()).Array(ArrayOf(removed)))
          .status());
  return RewriteBlocks(table, removed);
}

absl::Status PostgresSink::RewriteBlocks(Table& table, const std::vector<RowId>& removed) {
  std::vector<RowId> buckets;
  for (const RowId id : removed) {
    if (buckets.empty() || buckets.back() != CreatedBucketOf(id)) {
      buckets.push_back(CreatedBucketOf(id));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(
      const auto blocks,
      connection_->Query("SELECT c.id, c.entries FROM unnest($2::bigint[]) k(bucket) CROSS JOIN "
                         "LATERAL (SELECT o.id, o.entries FROM sluice.created o WHERE o.dataset = "
                         "$1 AND o.id >= k.bucket AND o.id < k.bucket + $3 FOR UPDATE) c",
                         PostgresParameters()
                             .Int(table.dataset->id())
                             .Array(ArrayOf(buckets))
                             .Int(kCreatedBucketIds)));
  std::vector<RowId> emptied;
  PostgresArray changed = PostgresArray::OfInts();
  PostgresArray contents = PostgresArray::OfBlobs();
  for (int i = 0; i < blocks.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(const auto left,
                            BlockWithout(blocks.Int(i, 0), blocks.Text(i, 1), removed));
    if (!left.has_value()) continue;
    if (left->empty()) {
      emptied.push_back(blocks.Int(i, 0));
    } else {
      changed.Add(blocks.Int(i, 0));
      contents.Add(*left);
    }
  }
  if (!emptied.empty()) {
    SLUICE_RETURN_IF_ERROR(
        connection_
            ->Query("DELETE FROM sluice.created c USING unnest($2::bigint[]) k(id) WHERE c.dataset "
                    "= $1 AND c.id = k.id",
                    PostgresParameters().Int(table.dataset->id()).Array(ArrayOf(emptied)))
            .status());
  }
  if (changed.size() == 0) return absl::OkStatus();
  return connection_
      ->Query(
          "UPDATE sluice.created c SET entries = k.entries FROM unnest($2::bigint[], "
          "$3::bytea[]) k(id, entries) WHERE c.dataset = $1 AND c.id = k.id",
          PostgresParameters()
              .Int(table.dataset->id())
              .Array(std::move(changed))
              .Array(std::move(contents)))
      .status();
}

absl::Status PostgresSink::CheckReferrers(Table& table) {
  if (table.batch.removed.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  for (const PostgresReferrer& referrer : *referrers) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(fmt::format("SELECT 1 FROM unnest($1::bigint[]) k(id) WHERE EXISTS "
                                       "(SELECT 1 FROM {} r WHERE r.{} = k.id{}) LIMIT 1",
                                       referrer.table, referrer.column, referrer.not_itself),
                           PostgresParameters().Array(ArrayOf(table.batch.removed))));
    if (rows.size() > 0) return Overtaken("what refers to " + table.dataset->dataset().name());
  }
  return absl::OkStatus();
}

}  // namespace sluice::load

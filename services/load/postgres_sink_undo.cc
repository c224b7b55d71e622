// What a rollback reads and removes in PostgresSink.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/postgres_sink.h"

namespace sluice::load {
namespace {

using database::PostgresArray;
using database::PostgresParameters;

PostgresArray ArrayOf(const std::vector<RowId>& ids) {
  PostgresArray array = PostgresArray::OfInts();
  for (const RowId id : ids) array.Add(id);
  return array;
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
  for (bool more = true; more && chains.size() < count;) {
    std::vector<RowChain> page;
    SLUICE_RETURN_IF_ERROR(StoredChains(table, import_sequence, below, count, page));
    more = page.size() == count;
    if (more) below = page.back().id;
    for (RowChain& chain : page) {
      if (chains.size() == count) break;
      // Nothing is left of it, though the database does not know yet.
      if (!ApplyOwnEntries(table, chain)) continue;
      chains.push_back(std::move(chain));
    }
  }
  // Whoever reads one of the rows reads them all.
  for (const RowChain& chain : chains) {
    if (!table.batch.rows.contains(chain.id)) table.batch.candidates.push_back(chain.id);
  }
  if (!in_transaction_) Forget();
  return absl::OkStatus();
}

absl::Status PostgresSink::StoredChains(Table& table, uint64_t import_sequence, RowId below,
                                        size_t count, std::vector<RowChain>& chains) {
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
  return absl::OkStatus();
}

bool PostgresSink::ApplyOwnEntries(const Table& table, RowChain& chain) {
  const auto row = table.batch.rows.find(chain.id);
  if (row != table.batch.rows.end() && row->second.removed) {
    chain.entries.clear();
    return false;
  }
  const auto own = table.batch.entries.find(chain.id);
  if (own == table.batch.entries.end()) return true;
  std::map<uint32_t, JournalEntry> entries;
  for (JournalEntry& entry : chain.entries) entries[entry.number] = std::move(entry);
  for (const auto& [number, entry] : own->second) {
    if (entry.has_value()) {
      entries[number] = *entry;
    } else {
      entries.erase(number);
    }
  }
  chain.entries.clear();
  for (auto& [number, entry] : entries) chain.entries.push_back(std::move(entry));
  return !chain.entries.empty();
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
  std::optional<JournalEntry> first;
  if (chain.entries.empty() || chain.entries.front().number != 1) {
    const auto kept = table.batch.newest.find(id);
    const std::optional<std::optional<JournalEntry>> newest =
        kept == table.batch.newest.end() ? std::nullopt : std::optional(kept->second);
    table.batch.newest.erase(id);
    SLUICE_RETURN_IF_ERROR(ReadCreated(table, {id}));
    const auto found = table.batch.newest.find(id);
    if (found != table.batch.newest.end()) first = found->second;
    table.batch.newest.erase(id);
    if (newest.has_value()) table.batch.newest[id] = *newest;
  }
  // What this transaction has done to them.
  if (row != table.batch.rows.end() && row->second.created && !row->second.entry.empty()) {
    SLUICE_ASSIGN_OR_RETURN(first,
                            EntryOf(id, CreatedEntry{row->second.source_row, row->second.entry}));
  }
  if (first.has_value()) chain.entries.insert(chain.entries.begin(), *std::move(first));
  ApplyOwnEntries(table, chain);
  if (!in_transaction_) Forget();
  return std::move(chain);
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

}  // namespace sluice::load

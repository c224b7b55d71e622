// What a rollback reads and removes in SqliteSink.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/status.h"
#include "load/sqlite_sink.h"

namespace sluice::load {
namespace {

using database::QuoteIdentifier;

}  // namespace

absl::StatusOr<RowChain> SqliteSink::ReadChain(const SinkDataset& dataset, RowId id) {
  SqliteDataset& table = At(dataset);
  RowChain chain;
  chain.id = id;
  table.chain.Bind(1, id);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, table.chain.Step());
    if (!more) break;
    const absl::Status read = ReadEntryRow(table.chain, chain.entries.emplace_back());
    if (!read.ok()) table.chain.Reset();
    SLUICE_RETURN_IF_ERROR(read);
  }
  if (!chain.entries.empty() && chain.entries.front().number == 1) return chain;
  SLUICE_ASSIGN_OR_RETURN(auto created, ReadCreatedEntry(table, id));
  if (created.has_value()) chain.entries.insert(chain.entries.begin(), *std::move(created));
  return chain;
}

absl::Status SqliteSink::ReadChains(const SinkDataset& dataset, uint64_t import_sequence,
                                    RowId below, size_t count, std::vector<RowChain>& chains) {
  chains.clear();
  SqliteDataset& table = At(dataset);
  const auto from = static_cast<RowId>(import_sequence << kSequenceBits);
  const RowId own_below =
      std::min(below, static_cast<RowId>((import_sequence + 1) << kSequenceBits));
  std::vector<std::pair<RowId, CreatedEntry>> created;
  if (own_below > from) {
    SLUICE_RETURN_IF_ERROR(table.created().List(from, own_below, count, created));
  }
  std::vector<RowId> ids;
  ids.reserve(created.size());
  for (const auto& [id, entry] : created) ids.push_back(id);
  const std::string journal = QuoteIdentifier(table.JournalTable());
  // Changed rows; created ones that were changed again; created ones with the id of another import.
  for (const char* which :
       {"import_sequence = ?1 AND kind <> 0",
        "row_id >= ?1 << 32 AND row_id < (?1 + 1) << 32 AND "
        "number = 1 AND kind = 0 AND import_sequence = ?1",
        "import_sequence = ?1 AND kind = 0 AND import_sequence <> row_id >> 32"}) {
    SLUICE_ASSIGN_OR_RETURN(
        auto rows, connection_->Prepare(fmt::format("SELECT DISTINCT row_id FROM {} WHERE {} AND "
                                                    "row_id < ?2 ORDER BY row_id DESC LIMIT ?3",
                                                    journal, which)));
    rows.Bind(1, static_cast<int64_t>(import_sequence)).Bind(2, below);
    rows.Bind(3, static_cast<int64_t>(count));
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
      if (!more) break;
      ids.push_back(rows.Int(0));
    }
  }
  std::sort(ids.begin(), ids.end(), std::greater<>());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > count) ids.resize(count);
  auto next = created.begin();
  for (const RowId id : ids) {
    RowChain& chain = chains.emplace_back();
    chain.id = id;
    table.chain.Bind(1, id);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, table.chain.Step());
      if (!more) break;
      SLUICE_RETURN_IF_ERROR(ReadEntryRow(table.chain, chain.entries.emplace_back()));
    }
    while (next != created.end() && next->first > id) ++next;
    if (next == created.end() || next->first != id) continue;
    // One in the journal replaces the one in the block.
    if (!chain.entries.empty() && chain.entries.front().number == 1) continue;
    SLUICE_ASSIGN_OR_RETURN(JournalEntry first, EntryOf(id, next->second));
    chain.entries.insert(chain.entries.begin(), std::move(first));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> SqliteSink::IsReferred(const SinkDataset& dataset, RowId id) {
  SqliteDataset& table = At(dataset);
  SLUICE_RETURN_IF_ERROR(table.FindReferrers());
  for (database::SqliteStatement& asks : *table.referrers) {
    asks.Bind(1, id);
    SLUICE_ASSIGN_OR_RETURN(const bool found, asks.Step());
    asks.Reset();
    if (found) return true;
  }
  return false;
}

absl::Status SqliteSink::Remove(const SinkDataset& dataset, RowId id) {
  SqliteDataset& table = At(dataset);
  // The match index may still name the row: whoever follows it finds nothing.
  table.remove_row.Bind(1, id);
  SLUICE_RETURN_IF_ERROR(table.remove_row.Run());
  table.remove_chain.Bind(1, id);
  SLUICE_RETURN_IF_ERROR(table.remove_chain.Run());
  table.created().Remove(id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> SqliteSink::ReadUndo(const UndoKey& key) {
  SLUICE_ASSIGN_OR_RETURN(
      auto select, connection_->Prepare("SELECT content FROM sluice_undo WHERE import_sequence = ? "
                                        "AND number = ? AND chunk = ?"));
  select.Bind(1, static_cast<int64_t>(key.import_sequence));
  select.Bind(2, static_cast<int64_t>(key.number)).Bind(3, static_cast<int64_t>(key.chunk));
  SLUICE_ASSIGN_OR_RETURN(const bool found, select.Step());
  return found ? std::string(select.Blob(0)) : std::string();
}

absl::Status SqliteSink::WriteUndo(const UndoKey& key, std::string_view bytes) {
  SLUICE_ASSIGN_OR_RETURN(
      auto write, connection_->Prepare("INSERT OR REPLACE INTO sluice_undo(import_sequence, number,"
                                       " chunk, content) VALUES(?, ?, ?, ?)"));
  write.Bind(1, static_cast<int64_t>(key.import_sequence));
  write.Bind(2, static_cast<int64_t>(key.number)).Bind(3, static_cast<int64_t>(key.chunk));
  write.BindBlob(4, bytes);
  return write.Run();
}

}  // namespace sluice::load

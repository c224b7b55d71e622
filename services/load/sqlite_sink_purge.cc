// Purging the journal of an import that is past in SqliteSink: of all datasets there are, also such
// as no plan names any more.
#include <fmt/format.h>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/row_id.h"
#include "load/sqlite_sink.h"

namespace sluice::load {
namespace {

using database::QuoteIdentifier;

constexpr std::string_view kJournal = "sluice_journal_";

absl::StatusOr<std::vector<std::string>> DatasetNames(database::SqliteConnection& connection) {
  std::vector<std::string> names;
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection.Prepare("SELECT substr(name, ?1) FROM sqlite_master WHERE type = "
                                    "'table' AND name GLOB 'sluice_journal_*'"));
  rows.Bind(1, static_cast<int64_t>(kJournal.size()) + 1);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return names;
    names.emplace_back(rows.Text(0));
  }
}

absl::StatusOr<size_t> Delete(database::SqliteConnection& connection, const std::string& sql,
                              uint64_t import_sequence, size_t count) {
  SLUICE_ASSIGN_OR_RETURN(auto remove, connection.Prepare(sql));
  remove.Bind(1, static_cast<int64_t>(import_sequence)).Bind(2, static_cast<int64_t>(count));
  SLUICE_RETURN_IF_ERROR(remove.Run());
  return static_cast<size_t>(connection.changes());
}

// Blocks of first entries, and those in the journal that replace one in them.
absl::StatusOr<size_t> PurgeBlocks(database::SqliteConnection& connection,
                                   const std::string& dataset, uint64_t import_sequence,
                                   size_t count) {
  const std::string blocks = QuoteIdentifier("sluice_created_" + dataset);
  std::vector<std::pair<RowId, RowId>> found;
  SLUICE_ASSIGN_OR_RETURN(
      auto rows, connection.Prepare(fmt::format("SELECT id, last FROM {} WHERE id >= ?1 << {} AND "
                                                "id < (?1 + 1) << {} ORDER BY id LIMIT ?2",
                                                blocks, kSequenceBits, kSequenceBits)));
  rows.Bind(1, static_cast<int64_t>(import_sequence)).Bind(2, static_cast<int64_t>(count));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) break;
    found.emplace_back(rows.Int(0), rows.Int(1));
  }
  SLUICE_ASSIGN_OR_RETURN(auto drop,
                          connection.Prepare(fmt::format("DELETE FROM {} WHERE id = ?", blocks)));
  SLUICE_ASSIGN_OR_RETURN(
      auto entries,
      connection.Prepare(fmt::format("DELETE FROM {} WHERE row_id BETWEEN ?1 AND ?2 AND number = 1 "
                                     "AND kind = 0 AND import_sequence = ?3",
                                     QuoteIdentifier(std::string(kJournal) + dataset))));
  for (const auto& [first, last] : found) {
    drop.Bind(1, first);
    SLUICE_RETURN_IF_ERROR(drop.Run());
    entries.Bind(1, first).Bind(2, last).Bind(3, static_cast<int64_t>(import_sequence));
    SLUICE_RETURN_IF_ERROR(entries.Run());
  }
  return found.size();
}

}  // namespace

absl::StatusOr<size_t> SqliteSink::PurgeImport(uint64_t import_sequence, size_t count) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> names, DatasetNames(*connection_));
  // Blocks first: without an entry in the journal the one in the block counts again.
  for (const std::string& name : names) {
    SLUICE_ASSIGN_OR_RETURN(const size_t blocks, PurgeBlocks(*connection_, name, import_sequence,
                                                             count / kPurgedBlockCost + 1));
    if (blocks > 0) return blocks * kPurgedBlockCost;
  }
  for (const std::string& name : names) {
    const std::string journal = QuoteIdentifier(std::string(kJournal) + name);
    for (const char* which : {"kind <> 0", "kind = 0 AND import_sequence <> row_id >> 32"}) {
      SLUICE_ASSIGN_OR_RETURN(
          const size_t entries,
          Delete(*connection_,
                 fmt::format("DELETE FROM {0} WHERE (row_id, number) IN (SELECT row_id, number "
                             "FROM {0} WHERE import_sequence = ?1 AND {1} LIMIT ?2)",
                             journal, which),
                 import_sequence, count));
      if (entries > 0) return entries;
    }
  }
  SLUICE_ASSIGN_OR_RETURN(
      const size_t chunks,
      Delete(*connection_,
             "DELETE FROM sluice_undo WHERE rowid IN (SELECT rowid FROM sluice_undo WHERE "
             "import_sequence = ?1 LIMIT ?2)",
             import_sequence, kPurgedChunks));
  return chunks * (count / kPurgedChunks + 1);
}

}  // namespace sluice::load

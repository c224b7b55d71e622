#include "load/created_journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"

namespace sluice::load {
namespace {

using database::QuoteIdentifier;

}  // namespace

absl::Status CreatedJournal::CreateTable() {
  return connection_.Execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(id INTEGER PRIMARY KEY, "
                  "last INTEGER NOT NULL, entries BLOB NOT NULL)",
                  QuoteIdentifier(table_)));
}

absl::Status CreatedJournal::PrepareStatements() {
  SLUICE_ASSIGN_OR_RETURN(
      insert_, connection_.Prepare(fmt::format("INSERT INTO {}(id, last, entries) VALUES(?, ?, ?)",
                                               QuoteIdentifier(table_))));
  SLUICE_ASSIGN_OR_RETURN(
      find_, connection_.Prepare(fmt::format("SELECT id, entries FROM {} WHERE id >= ? AND id <= "
                                             "?2 AND last >= ?2 ORDER BY id DESC",
                                             QuoteIdentifier(table_))));
  const std::string table = QuoteIdentifier(table_);
  SLUICE_ASSIGN_OR_RETURN(list_, connection_.Prepare(fmt::format(
                                     "SELECT max(id) FROM {} WHERE id >= ? AND id < ?", table)));
  SLUICE_ASSIGN_OR_RETURN(
      bucket_, connection_.Prepare(fmt::format("SELECT id, entries FROM {} WHERE id >= ?1 AND id < "
                                               "?1 + {}",
                                               table, kCreatedBucketIds)));
  SLUICE_ASSIGN_OR_RETURN(
      replace_, connection_.Prepare(fmt::format("UPDATE {} SET entries = ? WHERE id = ?", table)));
  SLUICE_ASSIGN_OR_RETURN(drop_,
                          connection_.Prepare(fmt::format("DELETE FROM {} WHERE id = ?", table)));
  return absl::OkStatus();
}

void CreatedJournal::Add(RowId id, uint64_t source_row, std::string_view fields) {
  if (added_.empty() || id < added_.back().id) runs_.push_back(added_.size());
  added_.push_back({id, source_row, bytes_.size(), fields.size()});
  bytes_ += fields;
}

void CreatedJournal::Forget() {
  removed_.clear();
  added_.clear();
  runs_.clear();
  bytes_.clear();
}

void CreatedJournal::Remove(RowId id) {
  removed_.insert(id);
}

absl::Status CreatedJournal::Flush() {
  SLUICE_RETURN_IF_ERROR(FlushAdded());
  return FlushRemoved();
}

absl::Status CreatedJournal::FlushRemoved() {
  if (removed_.empty()) return absl::OkStatus();
  std::vector<RowId> ids(removed_.begin(), removed_.end());
  std::sort(ids.begin(), ids.end());
  removed_.clear();
  for (size_t first = 0; first < ids.size();) {
    const RowId bucket = CreatedBucketOf(ids[first]);
    size_t end = first + 1;
    while (end < ids.size() && CreatedBucketOf(ids[end]) == bucket) ++end;
    SLUICE_RETURN_IF_ERROR(RewriteBlocks(bucket, std::span(ids).subspan(first, end - first)));
    first = end;
  }
  return absl::OkStatus();
}

absl::Status CreatedJournal::RewriteBlocks(RowId bucket, std::span<const RowId> removed) {
  std::vector<std::pair<RowId, std::string>> blocks;
  bucket_.Bind(1, bucket);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, bucket_.Step());
    if (!more) break;
    blocks.emplace_back(bucket_.Int(0), bucket_.Blob(1));
  }
  for (const auto& [first, block] : blocks) {
    SLUICE_ASSIGN_OR_RETURN(const auto left, BlockWithout(first, block, removed));
    if (!left.has_value()) continue;
    if (left->empty()) {
      drop_.Bind(1, first);
      SLUICE_RETURN_IF_ERROR(drop_.Run());
    } else {
      // First and last id stay as they are: they only say where to look.
      replace_.BindBlob(1, *left).Bind(2, first);
      SLUICE_RETURN_IF_ERROR(replace_.Run());
    }
  }
  return absl::OkStatus();
}

absl::Status CreatedJournal::List(RowId from, RowId below, size_t count,
                                  std::vector<std::pair<RowId, CreatedEntry>>& entries) {
  entries.clear();
  // What is in memory goes where the rest is.
  SLUICE_RETURN_IF_ERROR(Flush());
  while (entries.size() < count) {
    list_.Bind(1, from).Bind(2, below);
    SLUICE_ASSIGN_OR_RETURN(const bool found, list_.Step());
    const bool none = !found || list_.IsNull(0);
    const RowId bucket = none ? 0 : CreatedBucketOf(list_.Int(0));
    list_.Reset();
    if (none) return absl::OkStatus();
    const auto first = static_cast<ptrdiff_t>(entries.size());
    bucket_.Bind(1, bucket);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, bucket_.Step());
      if (!more) break;
      SLUICE_RETURN_IF_ERROR(ReadBlock(bucket_.Int(0), bucket_.Blob(1), from, below, entries));
    }
    std::sort(entries.begin() + first, entries.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    below = bucket;
  }
  return absl::OkStatus();
}

absl::Status CreatedJournal::FlushAdded() {
  if (added_.empty()) return absl::OkStatus();
  if (runs_.size() > 1) {
    std::sort(added_.begin(), added_.end(),
              [](const Added& a, const Added& b) { return a.id < b.id; });
  }
  const Added* first = added_.data();
  const Added* const end = first + added_.size();
  while (first != end) {
    const Added* last = first + 1;
    while (last != end && last - first < static_cast<ptrdiff_t>(kCreatedBlockEntries) &&
           CreatedBucketOf(last->id) == CreatedBucketOf(first->id)) {
      ++last;
    }
    SLUICE_RETURN_IF_ERROR(WriteBlock(first, last));
    first = last;
  }
  added_.clear();
  runs_.clear();
  bytes_.clear();
  return absl::OkStatus();
}

absl::Status CreatedJournal::WriteBlock(const Added* first, const Added* last) {
  block_.clear();
  for (const Added* added = first; added != last; ++added) {
    AppendCreated(static_cast<uint64_t>(added->id - first->id), added->source_row, FieldsOf(*added),
                  entry_, block_);
  }
  insert_.Bind(1, first->id).Bind(2, (last - 1)->id).BindBlob(3, block_);
  return insert_.Run();
}

std::optional<CreatedEntry> CreatedJournal::FindAdded(RowId id) const {
  for (size_t run = 0; run < runs_.size(); ++run) {
    const auto begin = added_.begin() + static_cast<ptrdiff_t>(runs_[run]);
    const auto end = run + 1 == runs_.size()
                         ? added_.end()
                         : added_.begin() + static_cast<ptrdiff_t>(runs_[run + 1]);
    const auto found = std::lower_bound(
        begin, end, id, [](const Added& added, RowId wanted) { return added.id < wanted; });
    if (found != end && found->id == id) {
      return CreatedEntry{found->source_row, std::string(FieldsOf(*found))};
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<CreatedEntry>> CreatedJournal::Find(RowId id) {
  if (IsRemoved(id)) return std::optional<CreatedEntry>();
  std::optional<CreatedEntry> entry = FindAdded(id);
  if (entry.has_value()) return entry;
  find_.Bind(1, CreatedBucketOf(id)).Bind(2, id);
  CreatedEntry kept;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, find_.Step());
    if (!more) return std::optional<CreatedEntry>();
    const auto offset = static_cast<uint64_t>(id - find_.Int(0));
    const absl::StatusOr<bool> found = FindCreated(find_.Blob(1), offset, kept);
    if (found.ok() && !*found) continue;
    find_.Reset();
    SLUICE_RETURN_IF_ERROR(found.status());
    return std::optional<CreatedEntry>(std::move(kept));
  }
}

absl::StatusOr<RowId> CreatedJournal::Last() {
  RowId last = 0;
  for (const Added& added : added_) last = std::max(last, added.id);
  const std::string table = QuoteIdentifier(table_);
  // The highest ids are in the bucket of the last block.
  SLUICE_ASSIGN_OR_RETURN(
      const auto kept,
      connection_.QueryInt(
          fmt::format("SELECT max(last) FROM {0} WHERE id >= ((SELECT max(id) FROM {0}) & ~{1})",
                      table, kCreatedBucketIds - 1)));
  return std::max(last, kept.value_or(0));
}

}  // namespace sluice::load

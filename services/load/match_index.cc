#include "load/match_index.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/base/status.h"

namespace sluice::load {
namespace {

// Entries kept in memory before they become a sorted run.
constexpr size_t kRecentMax = 256 * 1024;
// Four chunks fill a page of 8 KiB, without overflow pages.
constexpr size_t kChunkEntries = 124;
// A filter is kept in pieces: a value of many megabytes would be copied whole by the database.
constexpr size_t kBloomPieceBytes = 64 * 1024;
constexpr size_t kFirstBloomChunk = size_t{1} << 31;
// Runs of one level that are merged into one of the next.
constexpr size_t kFanIn = 4;

}  // namespace

absl::Status MatchIndex::CreateTables(database::SqliteConnection& connection) {
  return connection.Execute(
      "CREATE TABLE IF NOT EXISTS sluice_match_run(run INTEGER PRIMARY KEY, dataset TEXT NOT NULL,"
      " level INTEGER NOT NULL, entries INTEGER NOT NULL, fences BLOB);"
      "CREATE TABLE IF NOT EXISTS sluice_match_chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
}

absl::Status MatchIndex::PrepareStatements() {
  if (prepared_) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(read_chunk_,
                          connection_.Prepare("SELECT data FROM sluice_match_chunk WHERE id = ?"));
  SLUICE_ASSIGN_OR_RETURN(
      write_chunk_, connection_.Prepare("INSERT INTO sluice_match_chunk(id, data) VALUES(?, ?)"));
  prepared_ = true;
  return absl::OkStatus();
}

absl::Status MatchIndex::Load() {
  SLUICE_RETURN_IF_ERROR(PrepareStatements());
  runs_.clear();
  recent_.clear();
  recent_more_.clear();
  recent_runs_.clear();
  recent_count_ = 0;
  added_.clear();
  remembered_ = 0;
  SLUICE_RETURN_IF_ERROR(LoadRuns());
  return LoadRecent();
}

absl::Status MatchIndex::LoadRuns() {
  SLUICE_ASSIGN_OR_RETURN(auto rows,
                          connection_.Prepare("SELECT run, level, entries, fences FROM "
                                              "sluice_match_run WHERE dataset = ? ORDER BY run"));
  rows.Bind(1, dataset_);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return absl::OkStatus();
    if (rows.Int(1) == 0) {
      recent_runs_.push_back(rows.Int(0));
      continue;
    }
    Run& run = runs_.emplace_back();
    run.id = rows.Int(0);
    run.level = static_cast<int>(rows.Int(1));
    run.entries = static_cast<uint64_t>(rows.Int(2));
    const std::string_view fences = rows.Blob(3);
    run.fences.resize(fences.size() / 8);
    std::memcpy(run.fences.data(), fences.data(), run.fences.size() * 8);
    SLUICE_RETURN_IF_ERROR(ReadBloom(run));
  }
}

absl::Status MatchIndex::ReadBloom(Run& run) {
  std::string bytes;
  for (size_t piece = 0;; ++piece) {
    read_chunk_.Bind(1, MatchChunkId(run.id, kFirstBloomChunk + piece));
    SLUICE_ASSIGN_OR_RETURN(const bool found, read_chunk_.Step());
    if (!found) break;
    bytes += read_chunk_.Blob(0);
    read_chunk_.Reset();
  }
  if (bytes.empty()) return absl::DataLossError("the match index lacks a filter");
  run.bloom = BloomFilter(bytes);
  return absl::OkStatus();
}

absl::Status MatchIndex::WriteBloom(const Run& run) {
  const std::string_view bytes = run.bloom.bytes();
  for (size_t piece = 0; piece * kBloomPieceBytes < bytes.size(); ++piece) {
    write_chunk_.Bind(1, MatchChunkId(run.id, kFirstBloomChunk + piece))
        .BindBlob(2, bytes.substr(piece * kBloomPieceBytes, kBloomPieceBytes));
    SLUICE_RETURN_IF_ERROR(write_chunk_.Run());
  }
  return absl::OkStatus();
}

absl::Status MatchIndex::LoadRecent() {
  for (const int64_t run : recent_runs_) {
    read_chunk_.Bind(1, MatchChunkId(run, 0));
    SLUICE_ASSIGN_OR_RETURN(const bool found, read_chunk_.Step());
    if (!found) return absl::DataLossError("the match index lacks a chunk");
    for (const MatchEntry& entry : DecodeEntries(read_chunk_.Blob(0))) Remember(entry);
    read_chunk_.Reset();
  }
  return absl::OkStatus();
}

absl::Status MatchIndex::Clear() {
  SLUICE_RETURN_IF_ERROR(PrepareStatements());
  std::vector<int64_t> runs = recent_runs_;
  for (const Run& run : runs_) runs.push_back(run.id);
  for (const int64_t run : runs) SLUICE_RETURN_IF_ERROR(DropRun(run));
  return Load();
}

void MatchIndex::Remember(const MatchEntry& entry) {
  ++recent_count_;
  const auto [slot, added] = recent_.try_emplace(entry.hash, entry.row);
  if (added || slot->second == entry.row) return;
  recent_more_[entry.hash].push_back(entry.row);
}

void MatchIndex::Add(uint64_t hash, int64_t row) {
  recent_.prefetch(hash);
  added_.push_back({hash, row});
}

void MatchIndex::RememberAdded() {
  while (remembered_ < added_.size()) Remember(added_[remembered_++]);
}

absl::Status MatchIndex::Find(uint64_t hash, std::vector<int64_t>& rows) {
  // Nearly every look misses the cache; waiting for all at once is waiting once.
  for (const Run& run : runs_) run.bloom.Prefetch(hash);
  RememberAdded();
  const auto recent = recent_.find(hash);
  if (recent != recent_.end()) {
    rows.push_back(recent->second);
    const auto more = recent_more_.find(hash);
    if (more != recent_more_.end()) {
      rows.insert(rows.end(), more->second.begin(), more->second.end());
    }
  }
  for (const Run& run : runs_) {
    if (run.bloom.MayContain(hash)) SLUICE_RETURN_IF_ERROR(FindInRun(run, hash, rows));
  }
  return absl::OkStatus();
}

absl::Status MatchIndex::FindInRun(const Run& run, uint64_t hash, std::vector<int64_t>& rows) {
  // Equal hashes may begin in the chunk before the first one whose fence is not below the hash.
  auto fence = std::lower_bound(run.fences.begin(), run.fences.end(), hash);
  size_t chunk = static_cast<size_t>(fence - run.fences.begin());
  if (chunk > 0) --chunk;
  for (; chunk < run.fences.size() && run.fences[chunk] <= hash; ++chunk) {
    read_chunk_.Bind(1, MatchChunkId(run.id, chunk));
    SLUICE_ASSIGN_OR_RETURN(const bool found, read_chunk_.Step());
    if (!found) return absl::DataLossError("the match index lacks a chunk");
    AppendRowsOf(hash, read_chunk_.Blob(0), rows);
    read_chunk_.Reset();
  }
  return absl::OkStatus();
}

absl::Status MatchIndex::Flush() {
  if (added_.empty()) return absl::OkStatus();
  RememberAdded();
  SLUICE_RETURN_IF_ERROR(WriteRecent());
  if (recent_count_ < kRecentMax) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(SpillRecent());
  for (int level = 1;; ++level) {
    const auto count = std::count_if(runs_.begin(), runs_.end(),
                                     [level](const Run& run) { return run.level == level; });
    if (static_cast<size_t>(count) < kFanIn) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(MergeLevel(level));
  }
}

absl::StatusOr<int64_t> MatchIndex::NextRunId() {
  SLUICE_ASSIGN_OR_RETURN(const auto last,
                          connection_.QueryInt("SELECT max(run) FROM sluice_match_run"));
  return last.value_or(0) + 1;
}

absl::Status MatchIndex::WriteRecent() {
  SLUICE_ASSIGN_OR_RETURN(const int64_t run, NextRunId());
  SLUICE_ASSIGN_OR_RETURN(
      auto insert, connection_.Prepare("INSERT INTO sluice_match_run(run, dataset, level, entries)"
                                       " VALUES(?, ?, 0, ?)"));
  insert.Bind(1, run).Bind(2, dataset_).Bind(3, static_cast<int64_t>(added_.size()));
  SLUICE_RETURN_IF_ERROR(insert.Run());
  const std::string bytes = EncodeEntries(added_.data(), added_.size());
  write_chunk_.Bind(1, MatchChunkId(run, 0)).BindBlob(2, bytes);
  SLUICE_RETURN_IF_ERROR(write_chunk_.Run());
  recent_runs_.push_back(run);
  added_.clear();
  remembered_ = 0;
  return absl::OkStatus();
}

absl::Status MatchIndex::SpillRecent() {
  std::vector<MatchEntry> entries;
  entries.reserve(recent_count_);
  for (const auto& [hash, row] : recent_) entries.push_back({hash, row});
  for (const auto& [hash, rows] : recent_more_) {
    for (const int64_t row : rows) entries.push_back({hash, row});
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  MatchVectorStream stream(entries);
  SLUICE_RETURN_IF_ERROR(WriteRun(1, entries.size(), stream));
  for (const int64_t run : recent_runs_) SLUICE_RETURN_IF_ERROR(DropRun(run));
  recent_runs_.clear();
  recent_.clear();
  recent_.reserve(kRecentMax);
  recent_more_.clear();
  recent_count_ = 0;
  return absl::OkStatus();
}

absl::Status MatchIndex::MergeLevel(int level) {
  std::vector<std::pair<int64_t, size_t>> inputs;
  uint64_t count = 0;
  for (Run& run : runs_) {
    if (run.level != level) continue;
    inputs.emplace_back(run.id, run.fences.size());
    count += run.entries;
    // Nobody looks before the merge is done; if it fails, everything is read anew.
    run.bloom = BloomFilter();
  }
  MatchMergeStream stream(read_chunk_, inputs);
  SLUICE_RETURN_IF_ERROR(WriteRun(level + 1, count, stream));
  for (const auto& [run, chunks] : inputs) SLUICE_RETURN_IF_ERROR(DropRun(run));
  std::erase_if(runs_, [level](const Run& run) { return run.level == level; });
  return absl::OkStatus();
}

absl::Status MatchIndex::WriteRun(int level, uint64_t count, MatchEntryStream& entries) {
  Run run;
  SLUICE_ASSIGN_OR_RETURN(run.id, NextRunId());
  run.level = level;
  run.bloom = BloomFilter(count);
  std::vector<MatchEntry> chunk;
  chunk.reserve(kChunkEntries);
  const auto write = [&]() -> absl::Status {
    if (chunk.empty()) return absl::OkStatus();
    const std::string bytes = EncodeEntries(chunk.data(), chunk.size());
    write_chunk_.Bind(1, MatchChunkId(run.id, run.fences.size())).BindBlob(2, bytes);
    run.fences.push_back(chunk.front().hash);
    run.entries += chunk.size();
    chunk.clear();
    return write_chunk_.Run();
  };
  while (true) {
    MatchEntry entry;
    SLUICE_ASSIGN_OR_RETURN(const bool more, entries.Next(entry));
    if (!more) break;
    run.bloom.Add(entry.hash);
    chunk.push_back(entry);
    if (chunk.size() == kChunkEntries) SLUICE_RETURN_IF_ERROR(write());
  }
  SLUICE_RETURN_IF_ERROR(write());
  SLUICE_RETURN_IF_ERROR(WriteBloom(run));
  SLUICE_ASSIGN_OR_RETURN(
      auto insert,
      connection_.Prepare("INSERT INTO sluice_match_run(run, dataset, level, entries, fences) "
                          "VALUES(?, ?, ?, ?, ?)"));
  const std::string_view fences(reinterpret_cast<const char*>(run.fences.data()),
                                run.fences.size() * 8);
  insert.Bind(1, run.id).Bind(2, dataset_).Bind(3, level);
  insert.Bind(4, static_cast<int64_t>(run.entries)).BindBlob(5, fences);
  SLUICE_RETURN_IF_ERROR(insert.Run());
  runs_.push_back(std::move(run));
  return absl::OkStatus();
}

absl::Status MatchIndex::DropRun(int64_t run) {
  SLUICE_ASSIGN_OR_RETURN(auto drop_chunks,
                          connection_.Prepare("DELETE FROM sluice_match_chunk WHERE id >= ? AND "
                                              "id < ?"));
  drop_chunks.Bind(1, MatchChunkId(run, 0)).Bind(2, MatchChunkId(run + 1, 0));
  SLUICE_RETURN_IF_ERROR(drop_chunks.Run());
  SLUICE_ASSIGN_OR_RETURN(auto drop_run,
                          connection_.Prepare("DELETE FROM sluice_match_run WHERE run = ?"));
  drop_run.Bind(1, run);
  return drop_run.Run();
}

size_t MatchIndex::memory_bytes() const {
  size_t total = recent_.capacity() * 17 + recent_more_.capacity() * 32;
  for (const Run& run : runs_) total += run.bloom.bytes().size() + run.fences.size() * 8;
  return total;
}

}  // namespace sluice::load

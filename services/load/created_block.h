// Blocks of first journal entries, as sinks store them (docs/adr/0009-created-journal-blocks.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "load/sink.h"

namespace sluice::load {

struct CreatedEntry {
  uint64_t source_row = 0;
  // storage.v1.JournalFields.
  std::string fields;
};

inline constexpr size_t kCreatedBlockEntries = 128;
// A block never crosses a multiple of this in its ids.
inline constexpr RowId kCreatedBucketIds = 4096;

// What it costs to remove a whole block, in entries of the journal; and rollbacks' chunks that are
// removed at a time.
inline constexpr size_t kPurgedBlockCost = 16;
inline constexpr size_t kPurgedChunks = 4;

inline RowId CreatedBucketOf(RowId id) {
  return id & ~(kCreatedBucketIds - 1);
}

// Appends an entry to a block; `offset` is its id above the block's first. `scratch` is
// overwritten.
void AppendCreated(uint64_t offset, uint64_t source_row, std::string_view fields,
                   std::string& scratch, std::string& block);

// False when the block does not hold the entry.
absl::StatusOr<bool> FindCreated(std::string_view block, uint64_t offset, CreatedEntry& entry);

// Appends the entries with ids from `from` to below `below`. `first` is the block's first id.
absl::Status ReadBlock(RowId first, std::string_view block, RowId from, RowId below,
                       std::vector<std::pair<RowId, CreatedEntry>>& entries);

// The block without the entries of these ids (ascending); nothing when it holds none of them.
absl::StatusOr<std::optional<std::string>> BlockWithout(RowId first, std::string_view block,
                                                        std::span<const RowId> removed);

}  // namespace sluice::load

// State changes as records of a compacted changelog. The kind stands in the key, so that compaction
// never lets a change of one kind replace another's:
//
//   'k' key     -> value, or a tombstone   put, delete
//   'd' prefix  -> "1"                     drop everything below the prefix written so far
//
// On topics: never change them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/stream/state_change.h"

namespace sluice::kafka {

struct ChangelogRecord {
  std::string key;
  // Nothing = tombstone.
  std::optional<std::string_view> value;
};

// The value points into the change.
ChangelogRecord EncodeChange(const stream::StateChange& change);

// The change of a record; nothing when it is none. Points into key and value.
std::optional<stream::StateChange> DecodeChange(uint32_t partition, std::string_view key,
                                                std::optional<std::string_view> value);

}  // namespace sluice::kafka

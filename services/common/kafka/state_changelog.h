// The changelog: what a batch changes in one partition's state is few messages, blocks of changes
// (sluice.storage.v1.StateBlock), not one for each key. The key of a block is 'b' and a hash of its
// bytes: compaction drops a block only when the same changes come again behind it, and the last
// change of a key always stays.
//
// On topics: never change it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/stream/state_change.h"

namespace sluice::kafka {

struct ChangelogRecord {
  std::string key;
  std::string_view value;
};

// A block in the making. Thread-compatible.
class StateBlock {
 public:
  // Copies what it is given.
  void Add(const stream::StateChange& change);
  bool empty() const { return bytes_.empty(); }
  // Time to write it and begin another.
  bool full() const;
  void Clear() { bytes_.clear(); }
  // The value points into the block.
  ChangelogRecord Record() const;

 private:
  std::string bytes_;
};

using ChangeVisitor = std::function<void(const stream::StateChange&)>;

// Calls `visit` with the changes of a changelog's record, in order; they point into it. False when
// it is no block, or is damaged.
bool VisitChanges(uint32_t partition, std::string_view key, std::optional<std::string_view> value,
                  const ChangeVisitor& visit);

}  // namespace sluice::kafka

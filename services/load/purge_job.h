// Purging the journal of imports that cannot be rolled back any more (control/journal_window.h):
// oldest first, some entries at a time, each time in one transaction of the sink with the place it
// has come to. Killed at any moment it goes on where it was; done, it does nothing.
//
// What stands of an entry that goes: the row's value, as if somebody else had written it. Entries
// of other imports hold their own values before, so they go back as they would have; one below a
// purged entry finds its value changed since. A row whose creation was purged is never removed.
#pragma once

#include "load/sink.h"
#include "sluice/control/v1/import.pb.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {

// Under which the place is kept.
inline constexpr UndoKey kPurgeKey{0, 0, 0};

// Thread-compatible. The sink outlives it.
class PurgeJob {
 public:
  static constexpr size_t kEntries = 10000;

  PurgeJob(Sink& sink, control::v1::JournalWindow window, size_t entries = kEntries)
      : sink_(sink), window_(std::move(window)), entries_(entries) {}

  // The next part, in the sink's open transaction, which nothing else has written in. True when
  // nothing is left. After an error that is to be aborted, and the same part tried again.
  absl::StatusOr<bool> Step();

 private:
  // The import after `state` that is to be purged; 0 when there is none. Passes over those that are
  // to be kept.
  uint64_t Next(storage::v1::PurgeState& state) const;

  Sink& sink_;
  const control::v1::JournalWindow window_;
  const size_t entries_;
};

}  // namespace sluice::load

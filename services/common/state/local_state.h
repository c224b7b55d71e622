// A local copy of state whose truth is a changelog elsewhere. Written after the changelog, so it
// may be behind it, never ahead; a checkpoint, in the same write as the changes, says how far it
// is.
#pragma once

#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/state/rocks_database.h"
#include "common/state/rocks_state.h"
#include "common/stream/state_change.h"

namespace sluice::state {

// How far the copy of one partition is.
struct Checkpoint {
  // Of the log that holds the changelog.
  std::string log_id;
  // The copy has at least every change below this offset of the changelog. Replaying from here,
  // also what it already has, leads to the same state.
  uint64_t changelog_offset = 0;
  // The copy has the changes of the input below this offset, as far as it knows.
  uint64_t input_offset = 0;
  // When it was up to date with the changelog.
  absl::Time at;
};

// Changes on their way into the copy, with the checkpoints that hold after them.
// Thread-compatible.
class LocalChanges {
 public:
  explicit LocalChanges(RocksDatabase& database) : database_(database) {}
  void Add(const stream::StateChange& change) { AddStateChange(database_, change, batch_); }
  void SetCheckpoint(uint32_t partition, const Checkpoint& checkpoint);
  size_t bytes() const { return batch_.GetDataSize(); }
  bool empty() const { return batch_.Count() == 0; }
  void Clear() { batch_.Clear(); }

 private:
  friend class LocalState;
  RocksDatabase& database_;
  rocksdb::WriteBatch batch_;
};

// Thread-safe.
class LocalState {
 public:
  // Creates it when there is none. A damaged one is thrown away: everything in it can be had again.
  static absl::StatusOr<std::unique_ptr<LocalState>> Open(const RocksOptions& options);

  const stream::StateReader& reader() const { return reader_; }
  LocalChanges Changes() { return LocalChanges(*database_); }
  // All or nothing. Survives a kill at once, a power loss as a prefix of what was applied.
  absl::Status Apply(LocalChanges& changes);
  // Nothing when there is none that can be trusted.
  absl::StatusOr<std::optional<Checkpoint>> ReadCheckpoint(uint32_t partition);
  // Forgets the partition: its state and its checkpoint.
  absl::Status Wipe(uint32_t partition);
  uint64_t SizeBytes() const { return database_->SizeBytes(); }
  // True when Open found a damaged copy.
  bool was_damaged() const { return was_damaged_; }

 private:
  LocalState(std::unique_ptr<RocksDatabase> database, bool was_damaged)
      : database_(std::move(database)), reader_(*database_), was_damaged_(was_damaged) {}

  const std::unique_ptr<RocksDatabase> database_;
  const RocksStateReader reader_;
  const bool was_damaged_;
};

}  // namespace sluice::state

// What one transaction of control's database reads and writes. The decisions above it (counting,
// completing, creating) are the same for every database: control/result_application.h and
// control/import_creation.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/import_record.h"

namespace sluice::control {

// Imports that ended before some time: the sequence of the last of them, 0 = none, and lower ones
// of imports that did not, ascending.
struct PastImports {
  uint64_t last = 0;
  std::vector<uint64_t> except;
};

// Thread-compatible. Everything belongs to one open transaction.
class ControlTransaction {
 public:
  virtual ~ControlTransaction() = default;

  // When it happens, as text.
  virtual const std::string& now() const = 0;

  // An import with its state and without counts; nothing when it is not known. Until the end of the
  // transaction nobody else changes it or its parts.
  virtual absl::StatusOr<std::optional<ImportRecord>> LockImport(std::string_view id) = 0;
  // The stored counts of its rounds, stages and partitions.
  virtual absl::StatusOr<std::vector<recordpb::StageResult>> ReadParts(std::string_view id) = 0;
  virtual absl::Status WritePart(std::string_view id, const recordpb::StageResult& part) = 0;
  virtual absl::Status WriteFinished(std::string_view id, int64_t finished) = 0;
  // Rows and issues to be kept one by one.
  virtual absl::Status AddResult(std::string_view id, const recordpb::StageResult& result) = 0;
  virtual absl::Status SetState(std::string_view id, controlpb::ImportState state,
                                uint64_t version) = 0;
  // Nobody leases it any more.
  virtual absl::Status EndImport(std::string_view id, controlpb::ImportState state,
                                 std::string_view error) = 0;
  // Its rollbacks, with the state they put it into. `ended_at` is nothing while it rolls back: it
  // counts as running.
  virtual absl::Status WriteUndo(std::string_view id, const controlpb::ImportUndo& undo,
                                 controlpb::ImportState state, uint64_t version,
                                 const std::optional<std::string>& ended_at) = 0;
  // Its rounds, of which the last has just begun: it counts as running, and nothing of the round
  // has an outcome.
  virtual absl::Status WriteRounds(std::string_view id, const controlpb::ImportRounds& rounds,
                                   controlpb::ImportState state, uint64_t version) = 0;
  // No ingest is to read it: it has no source.
  virtual absl::Status AddReadLease(std::string_view id) = 0;
  virtual absl::Status AddToOutbox(std::string_view key, const controlpb::ImportEvent& event) = 0;
  // Compare-and-set; false when the partition does not stand at `from`.
  virtual absl::StatusOr<bool> MoveOffset(uint32_t partition, uint64_t from, uint64_t to) = 0;

  // Imports that have not ended, newest first, without counts; until the end of the transaction
  // nobody else adds one.
  virtual absl::StatusOr<std::vector<ImportRecord>> LockRunning() = 0;
  virtual absl::StatusOr<uint64_t> LastSequence() = 0;
  virtual absl::Status AddImport(const ImportRecord& import) = 0;

  // Times as text. Nothing is stored: an empty window.
  virtual absl::StatusOr<PastImports> ReadPast(std::string_view ended_before) = 0;
  virtual absl::StatusOr<controlpb::JournalWindow> ReadWindow() = 0;
  virtual absl::Status WriteWindow(const controlpb::JournalWindow& window) = 0;
};

}  // namespace sluice::control

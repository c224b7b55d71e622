// What a rollback would do: its own code (rollback_job.h) on a copy of a sink, or in a transaction
// that is given up. Nothing of it stays.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/ulid.h"
#include "common/database/sqlite.h"
#include "load/rollback_job.h"

namespace sluice::load {

struct RollbackPreview {
  // As they would be after it.
  recordpb::UndoTotals totals;
  // What would stay: of each code the first.
  std::vector<recordpb::Issue> conflicts;
};

struct RollbackPreviewOptions {
  // In one transaction, which is given up: the sink holds what it would write in memory. Else it is
  // a copy, and written.
  bool give_up = false;
  size_t shown_of_code = 100;
  size_t chunk_rows = RollbackJob::kChunkRows;
};

// `parts` and `order` as of RollbackJob.
absl::StatusOr<RollbackPreview> PreviewRollback(
    Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
    const controlpb::UndoOrder& order, const RollbackPreviewOptions& options);

// A copy of an SQLite sink in a new file, as it stands at one moment; who writes to it meanwhile is
// not held up.
absl::StatusOr<std::unique_ptr<Sink>> CopySqliteSink(const database::SqliteOptions& sink,
                                                     const std::string& copy, base::Random& random);

}  // namespace sluice::load

// Whoever can say what an import would do (`import --dry-run`), without doing it.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "control/import_starter.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::control {

// What is told while a preview is made; any may be empty.
struct PreviewEvents {
  // False ends it with Cancelled.
  std::function<bool(const ImportRecord&)> progress;
  // Every change, in the order of the sink's rows.
  std::function<void(const controlpb::RowChange&)> change;
  // Of a comparison: every row that differs, in the order of the source.
  std::function<void(const controlpb::RowComparison&)> row;
};

// Thread-safe.
class Previewer {
 public:
  virtual ~Previewer() = default;
  // Refusals as ImportStarter's. ResourceExhausted while too many are being made.
  virtual absl::StatusOr<controlpb::Preview> Preview(const StartRequest& request,
                                                     const uploads::StoredUpload& upload,
                                                     const PreviewEvents& events,
                                                     Refusal& refusal) = 0;
  // What a rollback of the import would do.
  virtual absl::StatusOr<controlpb::PreviewRollbackResponse> PreviewRollback(
      const ImportRecord& import, const UndoWish& wish) = 0;
  // Of a replay: with what the plan of the import that is replayed would do, against the sink at
  // the same moment. `change` is not told.
  virtual absl::StatusOr<controlpb::Preview> Compare(const StartRequest& request,
                                                     const uploads::StoredUpload& upload,
                                                     const PreviewEvents& events,
                                                     Refusal& refusal) = 0;
};

}  // namespace sluice::control

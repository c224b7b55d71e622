// What a preview says of a run over an overlay: what was met, rows and issues of each kind, and
// what would change in the sink.
#pragma once

#include <functional>

#include "cli/overlay_run.h"

namespace sluice::cli {

// Changes, and rows that differ, that an answer holds, and their bytes: rows may be large.
inline constexpr int kShownRows = 100;
inline constexpr size_t kShownBytes = 1u << 20;

// Of every row of the sink that the run would leave otherwise, dataset by dataset in the order of
// their ids; false ends it.
using ChangeVisitor = std::function<bool(const control::controlpb::RowChange&, load::RowId)>;
absl::Status VisitChanges(load::OverlaySink& overlay, const plan::planpb::Plan& plan,
                          const ChangeVisitor& visit);

// All but the comparison, with the hash. `seconds`: how long it took.
absl::StatusOr<control::controlpb::Preview> PreviewOf(OverlayRun& run, control::ImportRecord import,
                                                      const control::PreviewEvents& events,
                                                      double seconds, absl::Time now);

}  // namespace sluice::cli

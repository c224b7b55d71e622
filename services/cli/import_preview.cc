#include "cli/import_preview.h"

#include <fmt/format.h>

#include <fstream>

#include "cli/comparison_text.h"
#include "cli/progress.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "control/import_messages.h"

namespace sluice::cli {

int ShowPreview(CommandContext& context, const PreviewShowOptions& options,
                const PreviewMaker& make) {
  TakeStopSignals();
  std::ofstream changes;
  const auto unwritten = [&] {
    return Report(kFailed, fmt::format("--changes: cannot write {}", options.changes));
  };
  if (!options.changes.empty()) {
    changes.open(options.changes, std::ios::trunc);
    if (!changes) return unwritten();
  }
  absl::StatusOr<control::controlpb::Preview> preview;
  {
    Progress progress(context.language, context.options.json, context.clock.MonotonicNanos());
    control::PreviewEvents events;
    events.progress = [&](const control::ImportRecord& import) {
      progress.Show(import, context.clock.MonotonicNanos());
      return StopSignals() == 0;
    };
    if (changes.is_open() && options.compare) {
      events.row = [&](const control::controlpb::RowComparison& row) {
        changes << RowComparisonJson(row) << '\n';
      };
    } else if (changes.is_open()) {
      events.change = [&](const control::controlpb::RowChange& change) {
        changes << ChangeJson(change) << '\n';
      };
    }
    preview = make(events);
  }
  if (StopSignals() > 0) return Report(kInterrupted, "interrupted; nothing was written");
  if (!preview.ok()) return Report(CodeOf(preview.status()), preview.status());
  if (changes.is_open()) {
    changes.close();
    if (!changes) return unwritten();
  }
  if (options.compare) {
    PrintComparison(context, *preview, options.arguments);
  } else {
    PrintPreview(context, *preview, options.arguments);
  }
  return CodeOfCounts(control::FromMessage(preview->import()).counts);
}

ExitCode CodeOfCounts(const control::ImportCounts& counts) {
  const bool attention = counts.Of(control::recordpb::OUTCOME_REJECTED) > 0 ||
                         counts.Of(control::recordpb::OUTCOME_REVIEW) > 0;
  return attention ? kNeedsAttention : kDone;
}

}  // namespace sluice::cli

#include "cli/import_wait.h"

#include <fmt/format.h>

#include "cli/control_view.h"
#include "cli/import_watch.h"
#include "cli/progress.h"
#include "cli/stop_signals.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<control::ImportRecord> AwaitThere(CommandContext& context, const rpc::Peer& server,
                                                 control::ImportRecord import,
                                                 int64_t start_nanos) {
  ImportWatch watch(server, import.id, kControlPatience, context.clock);
  Progress progress(context.language, context.options.json, start_nanos);
  while (!import.ended()) {
    if (StopSignals() > 0) return absl::CancelledError("interrupted");
    progress.Show(import, context.clock.MonotonicNanos());
    auto told = watch.Next(kLookEvery);
    if (told.has_value()) {
      import = *std::move(told);
    } else if (const absl::Status failure = watch.failure(); !failure.ok()) {
      return failure;
    }
  }
  return import;
}

int ReportNotAwaited(const std::string& import_id, const absl::Status& status) {
  if (!absl::IsCancelled(status)) return Report(CodeOfView(status), status);
  return Report(
      kInterrupted,
      fmt::format("import {} goes on without this command: `sluice imports watch` shows it",
                  import_id));
}

}  // namespace sluice::cli

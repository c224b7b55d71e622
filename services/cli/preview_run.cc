#include "cli/preview_run.h"

#include "cli/comparison_table.h"
#include "cli/preview_contents.h"
#include "common/base/status.h"
#include "control/import_messages.h"
#include "load/open_sink.h"

namespace sluice::cli {

namespace controlpb = control::controlpb;

PreviewRun::PreviewRun(PreviewRunOptions options, control::PreviewStore& previews,
                       const telemetry::Logger& logger, const base::Clock& clock,
                       base::Random& random)
    : options_(std::move(options)),
      previews_(previews),
      logger_(logger),
      clock_(clock),
      random_(random) {}

double PreviewRun::SecondsSince(int64_t began_nanos) const {
  return static_cast<double>(clock_.MonotonicNanos() - began_nanos) / 1e9;
}

OverlayRunOptions PreviewRun::RunOptions(const std::string& directory,
                                         const SinkAddress& sink) const {
  OverlayRunOptions options;
  options.settings = options_.settings;
  options.directory = directory;
  options.uploads = options_.uploads;
  options.sink = sink;
  return options;
}

absl::StatusOr<controlpb::Preview> PreviewRun::Preview(const control::StartRequest& request,
                                                       const uploads::StoredUpload& upload,
                                                       const control::PreviewEvents& events,
                                                       control::Refusal& refusal) {
  base::MutexLock lock(&mutex_);
  const int64_t began = clock_.MonotonicNanos();
  const ScratchDirectory scratch(options_.scratch);
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, options_.sink(request.sink.name));
  SLUICE_ASSIGN_OR_RETURN(const auto view, load::OpenSinkView(sink.open_url));
  SLUICE_ASSIGN_OR_RETURN(const auto run, OverlayRun::Open(RunOptions(scratch.path(), sink), *view,
                                                           logger_, clock_, random_));
  SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, run->Start(request, upload, refusal));
  SLUICE_ASSIGN_OR_RETURN(import, run->ToEnd(import.id, events));
  SLUICE_ASSIGN_OR_RETURN(controlpb::Preview preview, PreviewOf(*run, std::move(import), events,
                                                                SecondsSince(began), clock_.Now()));
  SLUICE_RETURN_IF_ERROR(previews_.Put(preview));
  return preview;
}

absl::StatusOr<controlpb::Preview> PreviewRun::Compare(const control::StartRequest& request,
                                                       const uploads::StoredUpload& upload,
                                                       const control::PreviewEvents& events,
                                                       control::Refusal& refusal) {
  base::MutexLock lock(&mutex_);
  const int64_t began = clock_.MonotonicNanos();
  const ScratchDirectory scratch(options_.scratch);
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, options_.sink(request.sink.name));
  // One moment for both.
  SLUICE_ASSIGN_OR_RETURN(const auto view, load::OpenSinkView(sink.open_url));
  SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Lock(scratch.path()));
  SLUICE_ASSIGN_OR_RETURN(const auto table,
                          ComparisonTable::Open(scratch.path() + "/comparison.db"));
  const auto open = [&](ComparisonSide side, const std::string& its) {
    OverlayRunOptions options = RunOptions(its, sink);
    options.outcomes = [&table, side](std::span<const load::RecordOutcome> outcomes) {
      return table->AddOutcomes(side, outcomes);
    };
    return OverlayRun::Open(options, *view, logger_, clock_, random_);
  };
  control::PreviewEvents told;
  told.progress = events.progress;

  // The new one first: it may be refused.
  controlpb::Preview preview;
  {
    const ScratchDirectory its(scratch.path() + "/new");
    SLUICE_ASSIGN_OR_RETURN(const auto run, open(ComparisonSide::kNew, its.path()));
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, run->Start(request, upload, refusal));
    SLUICE_ASSIGN_OR_RETURN(import, run->ToEnd(import.id, told));
    SLUICE_RETURN_IF_ERROR(table->Complete(ComparisonSide::kNew, *run, import));
    SLUICE_ASSIGN_OR_RETURN(
        preview, PreviewOf(*run, std::move(import), told, SecondsSince(began), clock_.Now()));
  }
  control::ImportRecord old;
  {
    const int64_t old_began = clock_.MonotonicNanos();
    const ScratchDirectory its(scratch.path() + "/old");
    SLUICE_ASSIGN_OR_RETURN(const auto run, open(ComparisonSide::kOld, its.path()));
    const control::ImportRecord& replayed = *request.replayed;
    SLUICE_ASSIGN_OR_RETURN(old, run->StartPlanned(replayed.path, replayed.plan));
    SLUICE_ASSIGN_OR_RETURN(old, run->ToEnd(old.id, told));
    SLUICE_RETURN_IF_ERROR(table->Complete(ComparisonSide::kOld, *run, old));
    old.seconds = SecondsSince(old_began);
  }
  SLUICE_RETURN_IF_ERROR(previews_.Put(preview));
  controlpb::Comparison& comparison = *preview.mutable_comparison();
  *comparison.mutable_replayed() = control::ToMessage(*request.replayed);
  *comparison.mutable_old() = control::ToMessage(old);
  comparison.mutable_old()->clear_id();
  SLUICE_RETURN_IF_ERROR(table->Compare(events, comparison));
  return preview;
}

}  // namespace sluice::cli

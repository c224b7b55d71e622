#include "cli/local_preview.h"

#include <filesystem>

#include "cli/progress.h"
#include "cli/stop_signals.h"
#include "common/base/status.h"
#include "control/confirmation.h"
#include "control/import_replay.h"
#include "control/wire_refusal.h"

namespace sluice::cli {

LocalPreview::LocalPreview(CommandContext& context, const config::Settings& settings,
                           const SinkAddress& sink, const telemetry::Logger& logger)
    : context_(context),
      settings_(settings),
      sink_(sink),
      logger_(logger),
      previews_(settings.data_dir + "/uploads", context.clock, context.random) {}

PreviewRunOptions LocalPreview::OptionsOf(const std::string& uploads) const {
  PreviewRunOptions options;
  options.settings = settings_;
  options.scratch = settings_.data_dir + "/scratch";
  options.uploads = uploads;
  options.sink = [this](const std::string&) { return sink_; };
  return options;
}

absl::StatusOr<control::controlpb::Preview> LocalPreview::Preview(
    const control::StartRequest& request, const control::PreviewEvents& events) {
  const std::string folder = settings_.data_dir + "/preview-upload";
  uploads::UploadStore uploads(folder, context_.random);
  SLUICE_RETURN_IF_ERROR(uploads.Prepare(absl::ZeroDuration()));
  PreviewRun run(OptionsOf(folder), previews_, logger_, context_.clock, context_.random);
  control::Refusal refusal;
  absl::StatusOr<control::controlpb::Preview> preview;
  const auto upload = uploads.Store(request.path, request.upload_bytes_max);
  if (upload.ok()) {
    preview = run.Preview(request, *upload, events, refusal);
  } else {
    preview = absl::OutOfRangeError(upload.status().message());
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  if (preview.ok()) return preview;
  return control::ToWire(preview.status(), refusal);
}

absl::StatusOr<control::controlpb::PreviewRollbackResponse> LocalPreview::PreviewRollback(
    const control::ImportRecord& import, const control::UndoWish& wish) {
  PreviewRun run(OptionsOf(settings_.data_dir + "/uploads"), previews_, logger_, context_.clock,
                 context_.random);
  return run.PreviewRollback(import, wish);
}

absl::StatusOr<control::controlpb::Preview> LocalPreview::PreviewReplay(
    const control::StartRequest& request, bool compare, const control::PreviewEvents& events) {
  const std::string folder = settings_.data_dir + "/uploads";
  const uploads::UploadStore uploads(folder);
  control::Refusal refusal;
  const auto upload = control::FindReplayed(*request.replayed, uploads, refusal);
  if (!upload.ok()) return control::ToWire(upload.status(), refusal);
  PreviewRun run(OptionsOf(folder), previews_, logger_, context_.clock, context_.random);
  auto preview = compare ? run.Compare(request, *upload, events, refusal)
                         : run.Preview(request, *upload, events, refusal);
  if (preview.ok()) return preview;
  return control::ToWire(preview.status(), refusal);
}

absl::Status LocalPreview::CheckConfirmed(const std::string& hash,
                                          const control::StartRequest& request,
                                          const plan::planpb::Plan& plan,
                                          uploads::UploadStore& uploads,
                                          control::Refusal& refusal) {
  PreviewRun run(OptionsOf(settings_.data_dir + "/uploads"), previews_, logger_, context_.clock,
                 context_.random);
  SLUICE_ASSIGN_OR_RETURN(const auto upload, uploads.Find(plan.source().upload_sha256()));
  Progress progress(context_.language, context_.options.json, context_.clock.MonotonicNanos());
  control::PreviewEvents events;
  events.progress = [&](const control::ImportRecord& import) {
    progress.Show(import, context_.clock.MonotonicNanos());
    return StopSignals() == 0;
  };
  control::StartRequest wanted = request;
  // The import's own question, which this answers.
  wanted.check_sink = nullptr;
  return control::CheckConfirmed(previews_, run, hash, wanted, upload, events, refusal);
}

}  // namespace sluice::cli

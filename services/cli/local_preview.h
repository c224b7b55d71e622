// Previews in the process of a command, which holds the data directory itself.
#pragma once

#include "cli/command_line.h"
#include "cli/preview_run.h"

namespace sluice::cli {

// Thread-compatible. What is passed by reference outlives it.
class LocalPreview {
 public:
  LocalPreview(CommandContext& context, const config::Settings& settings, const SinkAddress& sink,
               const telemetry::Logger& logger);

  // Of a copy of the file that goes with it. The codes are those of import_service.proto.
  absl::StatusOr<control::controlpb::Preview> Preview(const control::StartRequest& request,
                                                      const control::PreviewEvents& events);
  // What a rollback would do.
  absl::StatusOr<control::controlpb::PreviewRollbackResponse> PreviewRollback(
      const control::ImportRecord& import, const control::UndoWish& wish);
  // Of a replay, from the stored upload, with the comparison if it is asked for.
  absl::StatusOr<control::controlpb::Preview> PreviewReplay(const control::StartRequest& request,
                                                            bool compare,
                                                            const control::PreviewEvents& events);
  // What was confirmed must still be what would happen; shows progress. `plan` is that of the
  // import, whose file is stored.
  absl::Status CheckConfirmed(const std::string& hash, const control::StartRequest& request,
                              const plan::planpb::Plan& plan, uploads::UploadStore& uploads,
                              control::Refusal& refusal);

 private:
  // Over uploads in this folder.
  PreviewRunOptions OptionsOf(const std::string& uploads) const;

  CommandContext& context_;
  const config::Settings& settings_;
  const SinkAddress& sink_;
  const telemetry::Logger logger_;
  control::PreviewStore previews_;
};

}  // namespace sluice::cli

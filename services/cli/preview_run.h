// What an import would do: the embedded pipeline over the stored upload, in this process, with log,
// state and control of its own in a scratch directory, into an overlay over the sink as it stands.
// It touches no topic, claim or table of anybody (design section 7).
#pragma once

#include <functional>
#include <string>

#include "cli/overlay_run.h"
#include "cli/sink_address.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/ulid.h"
#include "common/config/settings.h"
#include "common/telemetry/log.h"
#include "control/preview_store.h"
#include "control/previewer.h"

namespace sluice::cli {

struct PreviewRunOptions {
  config::Settings settings;
  // The scratch directory: made for each preview, removed before and after it.
  std::string scratch;
  // Where the uploads are.
  std::string uploads;
  // How a sink is opened, by its name.
  std::function<absl::StatusOr<SinkAddress>(const std::string& name)> sink;
};

// Thread-safe; one preview at a time, others wait for it. What is passed by reference outlives it.
class PreviewRun : public control::Previewer {
 public:
  PreviewRun(PreviewRunOptions options, control::PreviewStore& previews,
             const telemetry::Logger& logger, const base::Clock& clock, base::Random& random);

  // Keeps the preview, too.
  absl::StatusOr<control::controlpb::Preview> Preview(const control::StartRequest& request,
                                                      const uploads::StoredUpload& upload,
                                                      const control::PreviewEvents& events,
                                                      control::Refusal& refusal) override;
  absl::StatusOr<control::controlpb::PreviewRollbackResponse> PreviewRollback(
      const control::ImportRecord& import, const control::UndoWish& wish) override;

  absl::StatusOr<control::controlpb::Preview> Compare(const control::StartRequest& request,
                                                      const uploads::StoredUpload& upload,
                                                      const control::PreviewEvents& events,
                                                      control::Refusal& refusal) override;

 private:
  OverlayRunOptions RunOptions(const std::string& directory, const SinkAddress& sink) const;
  double SecondsSince(int64_t began_nanos) const;

  // Of a rollback, on a copy of an SQLite sink.
  absl::StatusOr<control::controlpb::PreviewRollbackResponse> OnCopy(
      const SinkAddress& address, const std::string& copy, const control::ImportRecord& import,
      const control::controlpb::UndoOrder& order);

  const PreviewRunOptions options_;
  control::PreviewStore& previews_;
  const telemetry::Logger logger_;
  const base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
};

}  // namespace sluice::cli

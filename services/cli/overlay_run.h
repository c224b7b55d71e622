// A run of the embedded pipeline that leaves nothing behind: log, state and control of its own in a
// scratch directory, into an overlay over a sink as it stood at one moment. What previews are made
// of.
#pragma once

#include <memory>
#include <string>

#include "cli/embedded_node.h"
#include "cli/sink_address.h"
#include "control/previewer.h"
#include "load/overlay_sink.h"

namespace sluice::cli {

struct OverlayRunOptions {
  config::Settings settings;
  // Made by it; the caller removes it afterwards.
  std::string directory;
  // Where the uploads are.
  std::string uploads;
  SinkAddress sink;
  // May be empty.
  load::OverlaySink::OutcomeObserver outcomes;
};

// A directory that goes with it. What a process that was killed has left goes before.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) { Remove(); }
  ~ScratchDirectory() { Remove(); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  void Remove() const;

  const std::string path_;
};

// Thread-compatible; the threads are inside, and call the observer. One import.
class OverlayRun {
 public:
  // The view's rows are what the sink holds; runs one after the other may share one. What is passed
  // by reference outlives the run.
  static absl::StatusOr<std::unique_ptr<OverlayRun>> Open(const OverlayRunOptions& options,
                                                          load::SinkView& view,
                                                          const telemetry::Logger& logger,
                                                          const base::Clock& clock,
                                                          base::Random& random);

  control::ControlStore& store() { return node_->store(); }
  // Creates the import that would come of the request.
  absl::StatusOr<control::ImportRecord> Start(const control::StartRequest& request,
                                              const uploads::StoredUpload& upload,
                                              control::Refusal& refusal);
  // Creates an import under a plan that is there already.
  absl::StatusOr<control::ImportRecord> StartPlanned(const std::string& path,
                                                     const plan::planpb::Plan& plan);
  // Runs it; the import as it ends, completed. Cancelled when an event wants no more.
  absl::StatusOr<control::ImportRecord> ToEnd(const std::string& id,
                                              const control::PreviewEvents& events);
  // What it has written, after its end.
  load::OverlaySink& overlay() { return *overlay_; }

 private:
  OverlayRun(const OverlayRunOptions& options, load::SinkView& view)
      : options_(options), view_(view) {}
  absl::Status CheckSink(const plan::planpb::Plan& plan);

  const OverlayRunOptions options_;
  load::SinkView& view_;
  telemetry::Registry registry_;
  std::unique_ptr<DataDirectory> directory_;
  // Of the node; null until it loads.
  load::OverlaySink* overlay_ = nullptr;
  std::unique_ptr<EmbeddedNode> node_;
};

}  // namespace sluice::cli

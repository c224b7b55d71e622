#include "cli/overlay_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/status.h"
#include "common/plan/plan_builder.h"
#include "load/borrowed_view.h"
#include "load/stored_dataset.h"

namespace sluice::cli {
namespace {

// No import of a sink gets as far; ids of its rows fit 63 bits.
constexpr uint64_t kSequence = uint64_t{1} << 30;
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

}  // namespace

void ScratchDirectory::Remove() const {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

absl::StatusOr<std::unique_ptr<OverlayRun>> OverlayRun::Open(const OverlayRunOptions& options,
                                                             load::SinkView& view,
                                                             const telemetry::Logger& logger,
                                                             const base::Clock& clock,
                                                             base::Random& random) {
  std::unique_ptr<OverlayRun> run(new OverlayRun(options, view));
  SLUICE_ASSIGN_OR_RETURN(run->directory_, DataDirectory::Lock(options.directory));
  NodeOptions node{options.settings, false, options.sink, {}, options.uploads};
  node.settings.data_dir = options.directory;
  node.opener = [run = run.get(), &random]() -> absl::StatusOr<std::unique_ptr<load::Sink>> {
    database::SqliteOptions scratch;
    scratch.path = run->options_.directory + "/overlay.db";
    scratch.scratch = true;
    SLUICE_ASSIGN_OR_RETURN(auto writes, load::SqliteSink::Open(scratch, random));
    auto opened =
        std::make_unique<load::OverlaySink>(std::make_unique<load::BorrowedView>(run->view_),
                                            std::move(writes), run->options_.outcomes);
    run->overlay_ = opened.get();
    return opened;
  };
  SLUICE_ASSIGN_OR_RETURN(run->node_, EmbeddedNode::Open(node, *run->directory_, run->registry_,
                                                         logger, clock, random));
  return run;
}

absl::Status OverlayRun::CheckSink(const plan::planpb::Plan& plan) {
  for (const plan::planpb::Dataset& dataset : load::StoredDatasets(plan)) {
    SLUICE_RETURN_IF_ERROR(base::Annotate(view_.Prepare({dataset, {}}), "--sink"));
  }
  return absl::OkStatus();
}

absl::StatusOr<control::ImportRecord> OverlayRun::Start(const control::StartRequest& request,
                                                        const uploads::StoredUpload& upload,
                                                        control::Refusal& refusal) {
  control::StartRequest wanted = request;
  wanted.sequence_min = kSequence;
  wanted.start_new = true;
  wanted.check_sink = [this](const plan::planpb::Plan& plan) { return CheckSink(plan); };
  control::ImportStarter starter(node_->store(), node_->uploads(), node_->ids());
  SLUICE_ASSIGN_OR_RETURN(control::Started started, starter.StartStored(wanted, upload, refusal));
  return std::move(started.import);
}

absl::StatusOr<control::ImportRecord> OverlayRun::StartPlanned(const std::string& path,
                                                               const plan::planpb::Plan& plan) {
  plan::planpb::Plan planned = plan;
  planned.set_sink(options_.sink.record.name);
  planned.set_partitions(static_cast<uint32_t>(options_.settings.partitions));
  SLUICE_RETURN_IF_ERROR(CheckSink(planned));
  SLUICE_RETURN_IF_ERROR(store().AddSink(options_.sink.record));
  const control::NewImport wanted{node_->ids().Next(), path, plan::PlanHash(planned), planned,
                                  kSequence};
  SLUICE_ASSIGN_OR_RETURN(
      control::CreatedImport created,
      store().CreateImport(wanted, [](const auto&) { return std::optional<std::string>(); }));
  return std::move(created.import);
}

absl::StatusOr<control::ImportRecord> OverlayRun::ToEnd(const std::string& id,
                                                        const control::PreviewEvents& events) {
  SLUICE_RETURN_IF_ERROR(node_->Start({id}));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, store().GetImport(id));
    if (import.ended()) {
      node_->Stop();
      if (import.state == control::controlpb::IMPORT_STATE_COMPLETED && overlay_ != nullptr) {
        return import;
      }
      return absl::InternalError(fmt::format("the preview failed: {}", import.error));
    }
    if (node_->stop().stopped()) {
      const absl::Status failure = node_->stop().failure();
      return failure.ok() ? absl::InternalError("the preview stopped") : failure;
    }
    if (events.progress && !events.progress(import)) return absl::CancelledError("interrupted");
    node_->WaitForProgress(kLookEvery);
  }
}

}  // namespace sluice::cli

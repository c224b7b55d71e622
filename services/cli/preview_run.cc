#include "cli/preview_run.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>

#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "common/base/status.h"
#include "common/plan/plan_parts.h"
#include "control/confirmation.h"
#include "control/import_messages.h"
#include "load/custom_json.h"
#include "load/open_sink.h"
#include "load/stored_dataset.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace recordpb = control::recordpb;

// No import of a sink gets as far; ids of its rows fit 63 bits.
constexpr uint64_t kSequence = uint64_t{1} << 30;
// Changes, and rows and issues of each code, that a preview shows.
constexpr int kShownChanges = 100;
constexpr int kShownOfCode = 5;
// Bytes of each: rows may be large.
constexpr size_t kShownBytes = 1u << 20;
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

// A directory that goes with it. What a process that was killed has left goes before.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) { Remove(); }
  ~ScratchDirectory() { Remove(); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  void Remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string path_;
};

void AddField(const std::string& name, const std::optional<std::string>& before,
              const std::optional<std::string>& after, controlpb::RowChange& change) {
  if (before == after) return;
  controlpb::FieldChange& field = *change.add_fields();
  field.set_name(name);
  if (before.has_value()) field.set_before(*before);
  if (after.has_value()) field.set_after(*after);
}

void AddCustom(const load::RowDifference& difference, controlpb::RowChange& change) {
  load::CustomFields before;
  load::CustomFields after;
  if (difference.before.has_value()) load::ParseCustom(difference.before->custom, before);
  load::ParseCustom(difference.after.custom, after);
  for (const auto& [name, token] : after) {
    const auto found = before.find(name);
    AddField("custom." + name,
             found == before.end() ? std::nullopt : std::optional<std::string>(found->second),
             token, change);
  }
  for (const auto& [name, token] : before) {
    if (!after.contains(name)) AddField("custom." + name, token, std::nullopt, change);
  }
}

controlpb::RowChange ChangeOf(const plan::planpb::Dataset& dataset,
                              const load::RowDifference& difference) {
  controlpb::RowChange change;
  change.set_source_row(difference.source_row);
  if (difference.before.has_value()) change.set_id(difference.after.id);
  for (int i = 0; i < dataset.fields_size(); ++i) {
    AddField(dataset.fields(i).name(),
             difference.before.has_value() ? difference.before->fields[i] : std::nullopt,
             difference.after.fields[i], change);
  }
  AddCustom(difference, change);
  return change;
}

absl::Status AddChanges(load::OverlaySink& overlay, const plan::planpb::Dataset& dataset,
                        uint32_t part, const control::PreviewEvents& events,
                        controlpb::Preview& preview) {
  size_t bytes = 0;
  return overlay.VisitDifferences({dataset, {}}, [&](const load::RowDifference& difference) {
    const bool shown = preview.changes_size() < kShownChanges && bytes < kShownBytes;
    if (!shown && !events.change) return false;
    controlpb::RowChange change = ChangeOf(dataset, difference);
    change.set_part(part);
    if (events.change) events.change(change);
    if (shown) *preview.add_changes() = change;
    bytes += change.ByteSizeLong();
    return true;
  });
}

absl::Status AddAllChanges(load::OverlaySink& overlay, const plan::planpb::Plan& plan,
                           const control::PreviewEvents& events, controlpb::Preview& preview) {
  std::set<std::string> shown;
  const auto parts = plan::PartsOf(plan);
  for (uint32_t i = 0; i < parts.size(); ++i) {
    // Two sheets may go into one dataset.
    if (!shown.insert(parts[i]->dataset().name()).second) continue;
    const plan::planpb::Dataset dataset = load::StoredDataset(*parts[i]);
    // A sheet without rows has not been asked about yet.
    if (i > 0) SLUICE_RETURN_IF_ERROR(overlay.Prepare({dataset, {}}));
    SLUICE_RETURN_IF_ERROR(AddChanges(overlay, dataset, i, events, preview));
  }
  return absl::OkStatus();
}

absl::Status AddSamples(control::ControlStore& store, const std::string& id,
                        controlpb::Preview& preview) {
  std::map<std::string, int> shown;
  size_t bytes = 0;
  return store.VisitResults(id, [&](const recordpb::StageResult& result) {
    for (const recordpb::RowResult& row : result.rows()) {
      if (shown["row " + row.code()]++ < kShownOfCode) *preview.add_rows() = row;
    }
    for (const recordpb::Issue& issue : result.issues()) {
      if (bytes < kShownBytes && shown[issue.code()]++ < kShownOfCode) {
        *preview.add_issues() = issue;
        bytes += issue.ByteSizeLong();
      }
    }
    return absl::OkStatus();
  });
}

void AddMatched(const load::MatchedRows& matched, controlpb::Preview& preview) {
  preview.set_matched_rows(matched.count());
  preview.set_matched_digest(matched.digest());
  for (const load::MatchedRow& row : matched.named()) {
    controlpb::MatchedRow& named = *preview.add_matched();
    named.set_id(row.id);
    named.set_source_row(row.source_row);
    named.set_digest(row.digest);
  }
}

// The import as it ends.
absl::StatusOr<control::ImportRecord> RunToEnd(EmbeddedNode& node, const std::string& id,
                                               const control::PreviewEvents& events) {
  SLUICE_RETURN_IF_ERROR(node.Start({id}));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, node.store().GetImport(id));
    if (import.ended()) return import;
    if (node.stop().stopped()) {
      const absl::Status failure = node.stop().failure();
      return failure.ok() ? absl::InternalError("the preview stopped") : failure;
    }
    if (events.progress && !events.progress(import)) return absl::CancelledError("interrupted");
    node.WaitForProgress(kLookEvery);
  }
}

}  // namespace

PreviewRun::PreviewRun(PreviewRunOptions options, control::PreviewStore& previews,
                       const telemetry::Logger& logger, const base::Clock& clock,
                       base::Random& random)
    : options_(std::move(options)),
      previews_(previews),
      logger_(logger),
      clock_(clock),
      random_(random) {}

absl::StatusOr<controlpb::Preview> PreviewRun::Preview(const control::StartRequest& request,
                                                       const uploads::StoredUpload& upload,
                                                       const control::PreviewEvents& events,
                                                       control::Refusal& refusal) {
  base::MutexLock lock(&mutex_);
  const ScratchDirectory scratch(options_.scratch);
  SLUICE_ASSIGN_OR_RETURN(controlpb::Preview preview,
                          PreviewIn(scratch.path(), request, upload, events, refusal));
  SLUICE_RETURN_IF_ERROR(previews_.Put(preview));
  return preview;
}

absl::StatusOr<controlpb::Preview> PreviewRun::PreviewIn(const std::string& directory_path,
                                                         const control::StartRequest& request,
                                                         const uploads::StoredUpload& upload,
                                                         const control::PreviewEvents& events,
                                                         control::Refusal& refusal) {
  const int64_t began = clock_.MonotonicNanos();
  SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Lock(directory_path));
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, options_.sink(request.sink.name));
  telemetry::Registry registry;
  load::OverlaySink* overlay = nullptr;
  NodeOptions options{options_.settings, false, sink, {}, options_.uploads};
  options.settings.data_dir = directory_path;
  options.opener = [&]() -> absl::StatusOr<std::unique_ptr<load::Sink>> {
    SLUICE_ASSIGN_OR_RETURN(auto view, load::OpenSinkView(sink.open_url));
    database::SqliteOptions scratch;
    scratch.path = directory_path + "/overlay.db";
    scratch.scratch = true;
    SLUICE_ASSIGN_OR_RETURN(auto writes, load::SqliteSink::Open(scratch, random_));
    auto opened = std::make_unique<load::OverlaySink>(std::move(view), std::move(writes));
    overlay = opened.get();
    return opened;
  };
  SLUICE_ASSIGN_OR_RETURN(
      const auto node, EmbeddedNode::Open(options, *directory, registry, logger_, clock_, random_));
  control::StartRequest wanted = request;
  wanted.sequence_min = kSequence;
  wanted.start_new = true;
  wanted.check_sink = [&](const plan::planpb::Plan& plan) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(const auto view, load::OpenSinkView(sink.open_url));
    for (const plan::planpb::Dataset& dataset : load::StoredDatasets(plan)) {
      SLUICE_RETURN_IF_ERROR(base::Annotate(view->Prepare({dataset, {}}), "--sink"));
    }
    return absl::OkStatus();
  };
  control::ImportStarter starter(node->store(), node->uploads(), node->ids());
  SLUICE_ASSIGN_OR_RETURN(const control::Started started,
                          starter.StartStored(wanted, upload, refusal));
  SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, RunToEnd(*node, started.import.id, events));
  node->Stop();
  if (import.state != controlpb::IMPORT_STATE_COMPLETED || overlay == nullptr) {
    return absl::InternalError(fmt::format("the preview failed: {}", import.error));
  }
  controlpb::Preview preview;
  AddMatched(overlay->matched(), preview);
  SLUICE_RETURN_IF_ERROR(AddSamples(node->store(), import.id, preview));
  SLUICE_RETURN_IF_ERROR(AddAllChanges(*overlay, import.plan, events, preview));
  import.seconds = static_cast<double>(clock_.MonotonicNanos() - began) / 1e9;
  *preview.mutable_import() = control::ToMessage(import);
  preview.mutable_import()->clear_id();
  preview.mutable_made_at()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  preview.set_hash(control::PreviewHash(preview));
  return preview;
}

}  // namespace sluice::cli

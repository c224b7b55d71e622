#include "cli/preview_contents.h"

#include <map>
#include <set>

#include "common/base/status.h"
#include "common/plan/plan_parts.h"
#include "control/confirmation.h"
#include "control/import_messages.h"
#include "load/custom_json.h"
#include "load/stored_dataset.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace recordpb = control::recordpb;

// Rows and issues of each code that a preview shows.
constexpr int kShownOfCode = 5;

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

}  // namespace

absl::Status VisitChanges(load::OverlaySink& overlay, const plan::planpb::Plan& plan,
                          const ChangeVisitor& visit) {
  std::set<std::string> shown;
  const auto parts = plan::PartsOf(plan);
  bool more = true;
  for (uint32_t i = 0; i < parts.size() && more; ++i) {
    // Two sheets may go into one dataset.
    if (!shown.insert(parts[i]->dataset().name()).second) continue;
    const plan::planpb::Dataset dataset = load::StoredDataset(*parts[i]);
    // A sheet without rows has not been asked about yet.
    if (i > 0) SLUICE_RETURN_IF_ERROR(overlay.Prepare({dataset, {}}));
    SLUICE_RETURN_IF_ERROR(
        overlay.VisitDifferences({dataset, {}}, [&](const load::RowDifference& difference) {
          controlpb::RowChange change = ChangeOf(dataset, difference);
          change.set_part(i);
          more = visit(change, difference.after.id);
          return more;
        }));
  }
  return absl::OkStatus();
}

absl::StatusOr<controlpb::Preview> PreviewOf(OverlayRun& run, control::ImportRecord import,
                                             const control::PreviewEvents& events, double seconds,
                                             absl::Time now) {
  controlpb::Preview preview;
  AddMatched(run.overlay().matched(), preview);
  SLUICE_RETURN_IF_ERROR(AddSamples(run.store(), import.id, preview));
  size_t bytes = 0;
  SLUICE_RETURN_IF_ERROR(VisitChanges(
      run.overlay(), import.plan, [&](const controlpb::RowChange& change, load::RowId) {
        const bool shown = preview.changes_size() < kShownRows && bytes < kShownBytes;
        if (!shown && !events.change) return false;
        if (events.change) events.change(change);
        if (shown) *preview.add_changes() = change;
        bytes += change.ByteSizeLong();
        return true;
      }));
  import.seconds = seconds;
  *preview.mutable_import() = control::ToMessage(import);
  preview.mutable_import()->clear_id();
  preview.mutable_made_at()->set_seconds(absl::ToUnixSeconds(now));
  preview.set_hash(control::PreviewHash(preview));
  return preview;
}

}  // namespace sluice::cli

#include "load/overlay_sink.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"
#include "common/base/status.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::load {
namespace {

namespace recordpb = ::sluice::record::v1;

// The import that shadows belong to: none has this sequence.
constexpr uint64_t kNobody = 0;
constexpr size_t kPageRows = 1000;

}  // namespace

absl::Status OverlaySink::Prepare(const SinkDataset& dataset) {
  SLUICE_RETURN_IF_ERROR(view_->Prepare(dataset));
  return scratch_->Prepare(dataset);
}

absl::Status OverlaySink::Begin() {
  return scratch_->Begin();
}

absl::Status OverlaySink::Commit() {
  SLUICE_RETURN_IF_ERROR(scratch_->Commit());
  for (const auto& [row, source_row] : meeting_) matched_.Add(row, source_row);
  meeting_.clear();
  if (!outcomes_.empty()) SLUICE_RETURN_IF_ERROR(observer_(outcomes_));
  outcomes_.clear();
  return absl::OkStatus();
}

void OverlaySink::Abort() {
  scratch_->Abort();
  meeting_.clear();
  outcomes_.clear();
}

absl::StatusOr<RowId> OverlaySink::Insert(const SinkDataset& dataset, const NewRow& row,
                                          uint64_t import_sequence) {
  // A stub is no record's own row.
  if (observer_ && !IsStubId(row.id)) {
    outcomes_.push_back({OrdinalOf(row.id), row.source_row, recordpb::OUTCOME_ADDED});
  }
  return scratch_->Insert(dataset, row, import_sequence);
}

absl::Status OverlaySink::Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                                 std::span<const RowId>) {
  // The view has none of the ids that new rows get.
  return view_->Expect(dataset, probes, {});
}

absl::Status OverlaySink::FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                         std::vector<RowId>& candidates) {
  SLUICE_RETURN_IF_ERROR(view_->FindCandidates(dataset, probe, ids_));
  SLUICE_RETURN_IF_ERROR(scratch_->FindCandidates(dataset, probe, candidates));
  if (ids_.empty()) return absl::OkStatus();
  std::vector<RowId> both;
  std::set_union(ids_.begin(), ids_.end(), candidates.begin(), candidates.end(),
                 std::back_inserter(both));
  candidates.swap(both);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SinkRow>> OverlaySink::ReadRow(const SinkDataset& dataset, RowId id) {
  dataset_ = &dataset;
  SLUICE_ASSIGN_OR_RETURN(auto row, scratch_->ReadRow(dataset, id));
  if (row.has_value()) return row;
  return view_->ReadRow(dataset, id);
}

absl::StatusOr<std::optional<Met>> OverlaySink::ReadMet(const MetKey& key, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(auto met, scratch_->ReadMet(key, id));
  unmet_ = met.has_value() ? std::nullopt : std::optional<RowId>(id);
  return met;
}

absl::Status OverlaySink::WriteMet(const MetKey& key, RowId id, const Met& met) {
  if (unmet_ == id && dataset_ != nullptr) {
    // Once for each row, as who meets it again has read that it was met.
    SLUICE_ASSIGN_OR_RETURN(auto row, view_->ReadRow(*dataset_, id));
    if (row.has_value()) meeting_.emplace_back(*std::move(row), met.row);
  }
  unmet_.reset();
  if (observer_ && met.outcome != recordpb::OUTCOME_UNSPECIFIED) {
    outcomes_.push_back({met.ordinal, met.row, met.outcome, key.part, id});
  }
  return scratch_->WriteMet(key, id, met);
}

absl::Status OverlaySink::Shadow(const SinkDataset& dataset, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto present, scratch_->ReadRow(dataset, id));
  if (present.has_value()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto row, view_->ReadRow(dataset, id));
  if (!row.has_value()) return absl::InternalError("a row that is to change is not there");
  std::vector<std::string_view> fields;
  for (const auto& value : row->fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  NewRow shadow;
  shadow.id = id;
  shadow.fields = fields;
  shadow.custom_json = row->custom;
  SLUICE_ASSIGN_OR_RETURN(const RowId given, scratch_->Insert(dataset, shadow, kNobody));
  SLUICE_CHECK(given == id, "a shadow has another id than its row");
  return absl::OkStatus();
}

absl::Status OverlaySink::Update(const SinkDataset& dataset, const ChangedRow& change,
                                 const SinkRow& after) {
  SLUICE_RETURN_IF_ERROR(Shadow(dataset, change.id));
  return scratch_->Update(dataset, change, after);
}

absl::Status OverlaySink::VisitDifferences(const SinkDataset& dataset,
                                           const DifferenceVisitor& visit) {
  std::vector<RowId> ids;
  RowId after = INT64_MIN;
  do {
    SLUICE_RETURN_IF_ERROR(scratch_->ListIds(dataset, after, kPageRows, ids));
    SLUICE_RETURN_IF_ERROR(view_->Expect(dataset, {}, ids));
    for (const RowId id : ids) {
      after = id;
      SLUICE_ASSIGN_OR_RETURN(const auto entry, scratch_->ReadEntry(dataset, id, UINT32_MAX));
      // Changed, and changed back.
      if (!entry.has_value() || entry->import_sequence == kNobody) continue;
      RowDifference difference;
      difference.source_row = entry->source_row;
      SLUICE_ASSIGN_OR_RETURN(difference.before, view_->ReadRow(dataset, id));
      SLUICE_ASSIGN_OR_RETURN(auto row, scratch_->ReadRow(dataset, id));
      difference.after = *std::move(row);
      if (!visit(difference)) return absl::OkStatus();
    }
  } while (!ids.empty());
  return absl::OkStatus();
}

}  // namespace sluice::load

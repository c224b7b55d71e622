#include "common/pipeline/resubmitted.h"

namespace sluice::pipeline {
namespace {

bool IsApplied(recordpb::Outcome outcome) {
  return outcome == recordpb::OUTCOME_ADDED || outcome == recordpb::OUTCOME_UPDATED ||
         outcome == recordpb::OUTCOME_UNCHANGED;
}

}  // namespace

absl::StatusOr<recordpb::Resubmission> ParseResubmission(std::string_view bytes) {
  recordpb::Resubmission resubmission;
  if (!resubmission.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a record that came again is damaged");
  }
  return resubmission;
}

void EndResubmitted(const record::RecordHeader& header, const recordpb::Resubmission& resubmission,
                    ResultBuilder& result) {
  result.CountResubmitted();
  const recordpb::Outcome outcome = result.last();
  const bool was_applied = resubmission.replaces() == recordpb::OUTCOME_UNSPECIFIED;
  if (was_applied && !IsApplied(outcome)) {
    const recordpb::RowResult refused = result.TakeBackRow();
    result.AddIssue(header.row, refused.code(), refused.field(), {}, {})
        .set_other_row(refused.other_row());
    return;
  }
  if (!was_applied) result.Count(resubmission.replaces(), -1);
  if (IsApplied(outcome)) result.NoteRow(outcome, header.row, header.ordinal);
}

}  // namespace sluice::pipeline

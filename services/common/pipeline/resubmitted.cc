#include "common/pipeline/resubmitted.h"

namespace sluice::pipeline {

bool IsApplied(recordpb::Outcome outcome) {
  return outcome == recordpb::OUTCOME_ADDED || outcome == recordpb::OUTCOME_UPDATED ||
         outcome == recordpb::OUTCOME_UNCHANGED;
}

absl::StatusOr<recordpb::Resubmission> ParseResubmission(std::string_view bytes) {
  recordpb::Resubmission resubmission;
  if (!resubmission.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a record that came again is damaged");
  }
  return resubmission;
}

bool WasImported(const recordpb::Resubmission& resubmission) {
  return resubmission.replaces() == recordpb::OUTCOME_UNSPECIFIED ||
         IsApplied(resubmission.replaces());
}

void EndResubmitted(const record::RecordHeader& header, const recordpb::Resubmission& resubmission,
                    int64_t row_id, ResultBuilder& result) {
  result.CountResubmitted();
  const recordpb::Outcome outcome = result.last();
  const bool was_imported = WasImported(resubmission);
  if (was_imported && !IsApplied(outcome)) {
    const recordpb::RowResult refused = result.TakeBackRow();
    result.AddIssue(header.row, refused.code(), refused.field(), {}, {})
        .set_other_row(refused.other_row());
    return;
  }
  // Load has taken back that of a row that was imported.
  if (!was_imported) result.Count(resubmission.replaces(), -1);
  if (!IsApplied(outcome)) return;
  recordpb::RowResult& row = result.NoteRow(outcome, header.row, header.ordinal);
  if (row_id != 0) row.add_candidates(row_id);
}

}  // namespace sluice::pipeline

// Records of a round above 0: rows of an import that come again, mended or with an answer. Each has
// an outcome already, which its new one replaces (design section 7).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/pipeline/result_builder.h"
#include "common/record/record_header.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::pipeline {

// The row is in the sink; else it was rejected, skipped or needs review.
bool IsApplied(recordpb::Outcome outcome);

// What such a record carries. DataLoss when the bytes are not that.
absl::StatusOr<recordpb::Resubmission> ParseResubmission(std::string_view bytes);

// The row is in the sink already: it was imported, in round 0 or a later one.
bool WasImported(const recordpb::Resubmission& resubmission);

// To be called by the stage that has decided the record, behind what it has added to `result`:
// takes back the outcome before and says how the row ends now. A row that was imported stays as it
// was when it is refused now: the reason becomes an issue.
// `row_id`: the row of the sink it is now in, if it is in one.
void EndResubmitted(const record::RecordHeader& header, const recordpb::Resubmission& resubmission,
                    int64_t row_id, ResultBuilder& result);

}  // namespace sluice::pipeline

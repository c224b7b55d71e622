// Holds a run to a preview that somebody has looked at: the same must still happen.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "control/preview_store.h"
#include "control/previewer.h"

namespace sluice::control {

// The hash of a preview, from all that it says would happen.
std::string PreviewHash(const controlpb::Preview& preview);

// What has changed from one preview to the other, in words: file, plan, rows of the sink, counts.
// Names fields, rows and settings, never values. Empty when nothing has.
std::string DescribeChanges(const controlpb::Preview& before, const controlpb::Preview& now);

// Makes the preview anew and compares. FailedPrecondition says what has changed. Between this and
// the run nobody else may write to the sink, or what they change is not seen.
absl::Status CheckConfirmed(const PreviewStore& previews, Previewer& previewer,
                            const std::string& hash, const StartRequest& request,
                            const uploads::StoredUpload& upload, const PreviewEvents& events,
                            Refusal& refusal);

}  // namespace sluice::control

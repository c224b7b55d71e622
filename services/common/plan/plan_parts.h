// A plan of several parts: sheets of one workbook, each into a dataset of its own, in one import
// (docs/references.md).
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::plan {

namespace planpb = ::sluice::plan::v1;

// Joins plans made for one source and sink. Whoever is referred to comes before who refers, else
// the given order stays; datasets that refer to each other in a circle too. InvalidArgument when a
// sheet stands twice, and when the whole is larger than a plan may be.
absl::StatusOr<planpb::Plan> JoinPlans(std::vector<planpb::Plan> plans);

// The plan itself and its parts, in the order they are read.
std::vector<const planpb::Plan*> PartsOf(const planpb::Plan& plan);

}  // namespace sluice::plan

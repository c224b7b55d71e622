// Back from a plan to the mapping it was made by: what a replay without a mapping of its own goes
// by.
#pragma once

#include <string>

#include "common/plan/mapping_file.h"

namespace sluice::plan {

// A mapping that comes to the same for a file with the same columns and the same datasets: columns
// that were recognised are named, and so are the order of dates that the file's rows gave and the
// region. What else the dataset decides (an identity that is its own, fields that follow from
// others) is left to it. `origin` is for messages.
MappingFile MappingOf(const planpb::Plan& plan, const std::string& origin);

}  // namespace sluice::plan

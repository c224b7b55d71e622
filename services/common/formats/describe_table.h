// The columns of a table from its first rows, whatever file they come from.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/formats/detect_dialect.h"
#include "common/formats/inspect.h"
#include "common/formats/source_shape.h"

namespace sluice::formats {

// Sets header_row and columns of `shape`. `rows`: at least one. InvalidArgument when the header row
// that was asked for is not among them.
absl::Status DescribeColumns(std::vector<SampleRow>& rows, std::string_view file_name,
                             const InspectOptions& options, SourceShape& shape);

}  // namespace sluice::formats

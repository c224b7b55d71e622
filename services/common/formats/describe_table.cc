#include "common/formats/describe_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/formats/detect_header.h"
#include "common/formats/formula_guard.h"

namespace sluice::formats {

absl::Status DescribeColumns(std::vector<SampleRow>& rows, std::string_view file_name,
                             const InspectOptions& options, SourceShape& shape) {
  FoundHeader header = DetectHeader(rows);
  if (options.header_row) header.row = *options.header_row;
  shape.header_row = header.row;
  if (header.row == 0) {
    shape.columns = NumberedColumns(header.width);
    return absl::OkStatus();
  }
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const SampleRow& row) { return row.row == header.row; });
  if (found == rows.end()) {
    return absl::InvalidArgumentError(
        fmt::format("row {} of {} cannot be its header: it is blank or not among the first {} rows",
                    header.row, file_name, rows.size()));
  }
  shape.columns = ColumnNames(found->cells);
  if (IsGuardedHeader(shape.columns)) {
    for (std::string& cell : found->cells) cell = std::string(WithoutFormulaGuard(cell));
    shape.columns = ColumnNames(found->cells);
  }
  return absl::OkStatus();
}

}  // namespace sluice::formats

#include "common/formats/describe_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/formats/detect_header.h"
#include "common/formats/formula_guard.h"

namespace sluice::formats {
namespace {

Finding HeaderFinding(const InspectOptions& options, const FoundHeader& header,
                      const std::vector<std::string>& cells) {
  if (options.header_row) return GivenFinding();
  if (header.row == 0) {
    return {
        Certainty::kLikely,
        "no row looks like a header: neither known names of columns nor texts above other kinds "
        "of values",
        "没有一行像标题行：既没有认识的列名，也不是数据上方的文字"};
  }
  const auto known = std::count_if(cells.begin(), cells.end(),
                                   [](const std::string& cell) { return IsKnownHeader(cell); });
  const size_t all = cells.size();
  const bool many = known * 3 >= static_cast<ptrdiff_t>(all);
  Finding finding{many && header.rival == 0 ? Certainty::kSure : Certainty::kLikely,
                  fmt::format("{} of {} cells are known names of columns", known, all),
                  fmt::format("{} 个单元格中有 {} 个是认识的列名", all, known)};
  if (header.rival > 0) {
    finding.english += fmt::format("; row {} has names of columns too", header.rival);
    finding.chinese += fmt::format("；第 {} 行也有列名", header.rival);
  }
  return finding;
}

}  // namespace

absl::Status DescribeColumns(std::vector<SampleRow>& rows, std::string_view file_name,
                             const InspectOptions& options, SourceShape& shape) {
  FoundHeader header = DetectHeader(rows);
  if (options.header_row) header.row = *options.header_row;
  shape.header_row = header.row;
  shape.header_finding = HeaderFinding(options, header, {});
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
  shape.header_finding = HeaderFinding(options, header, found->cells);
  if (IsGuardedHeader(shape.columns)) {
    for (std::string& cell : found->cells) cell = std::string(WithoutFormulaGuard(cell));
    shape.columns = ColumnNames(found->cells);
  }
  return absl::OkStatus();
}

}  // namespace sluice::formats

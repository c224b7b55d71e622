#include "common/formats/inspect_workbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/formats/describe_table.h"
#include "common/formats/plain_text.h"
#include "common/spreadsheet/open_workbook.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::formats {
namespace {

constexpr size_t kJudgedRows = 200;
// Cells of the rows that are looked at; a wide sheet is judged by fewer rows.
constexpr size_t kJudgedCells = 100'000;

absl::StatusOr<std::vector<SampleRow>> TopRows(spreadsheet::Workbook& workbook, size_t sheet) {
  SLUICE_ASSIGN_OR_RETURN(const auto reader, workbook.OpenSheet(sheet));
  std::vector<SampleRow> rows;
  spreadsheet::Row row;
  std::string buffer;
  size_t cells = 0;
  while (rows.size() < kJudgedRows && cells < kJudgedCells) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, reader->Next(row));
    if (!more) break;
    if (row.cells.empty()) continue;
    SampleRow& sample = rows.emplace_back();
    sample.row = row.row + uint64_t{1};
    sample.cells.resize(row.cells.back().column + size_t{1});
    cells += sample.cells.size();
    for (const spreadsheet::Cell& cell : row.cells) {
      sample.cells[cell.column] = std::string(PlainText(cell, buffer));
    }
  }
  return rows;
}

struct ChosenSheet {
  size_t index = 0;
  std::vector<SampleRow> rows;
};

absl::StatusOr<ChosenSheet> ChooseSheet(spreadsheet::Workbook& workbook, std::string_view wanted) {
  SLUICE_ASSIGN_OR_RETURN(const auto index, spreadsheet::FindSheet(workbook.sheets(), wanted));
  ChosenSheet chosen;
  if (index.has_value()) {
    chosen.index = *index;
    SLUICE_ASSIGN_OR_RETURN(chosen.rows, TopRows(workbook, *index));
    return chosen;
  }
  for (const bool visible : {true, false}) {
    for (size_t i = 0; i < workbook.sheets().size(); ++i) {
      const bool shown = workbook.sheets()[i].visibility == spreadsheet::Visibility::kVisible;
      if (shown != visible) continue;
      SLUICE_ASSIGN_OR_RETURN(chosen.rows, TopRows(workbook, i));
      chosen.index = i;
      if (!chosen.rows.empty()) return chosen;
    }
  }
  return chosen;
}

// The refusal with the file's name, which the reader of containers does not know.
absl::Status Named(const absl::Status& status, std::string_view file_name) {
  const std::string code = spreadsheet::RefusalCode(status);
  if (code.empty()) return status;
  absl::Status named = base::Annotate(status, file_name);
  return named;
}

absl::StatusOr<SourceShape> Describe(spreadsheet::Workbook& workbook, std::string_view file_name,
                                     const InspectOptions& options, uint64_t size) {
  SLUICE_ASSIGN_OR_RETURN(ChosenSheet chosen, ChooseSheet(workbook, options.sheet));
  const std::string& name = workbook.sheets()[chosen.index].name;
  if (chosen.rows.empty()) {
    return absl::InvalidArgumentError(fmt::format("{}: the sheet {} is empty", file_name, name));
  }
  SourceShape shape{.format = Format::kWorkbook, .size_bytes = size};
  shape.sheet = name;
  for (const spreadsheet::SheetInfo& sheet : workbook.sheets()) {
    shape.sheets.push_back({sheet.name, sheet.visibility == spreadsheet::Visibility::kVisible});
  }
  SLUICE_RETURN_IF_ERROR(DescribeColumns(chosen.rows, file_name, options, shape));
  size_t bytes = 0;
  for (const SampleRow& row : chosen.rows) {
    if (row.row <= shape.header_row) continue;
    if (shape.sample_rows.size() == options.sample_rows || bytes >= options.sample_bytes) break;
    shape.sample_rows.push_back(row.cells);
    for (const std::string& cell : row.cells) bytes += cell.size() + sizeof(std::string);
  }
  return shape;
}

}  // namespace

bool MayBeWorkbook(std::string_view head) {
  return spreadsheet::ContainerOf(head) != spreadsheet::ContainerKind::kNone;
}

absl::StatusOr<SourceShape> InspectWorkbook(std::unique_ptr<base::ByteSource> source,
                                            std::string_view file_name,
                                            const InspectOptions& options) {
  const uint64_t size = source->size();
  auto workbook = spreadsheet::OpenWorkbook(std::move(source));
  if (!workbook.ok()) return Named(workbook.status(), file_name);
  auto shape = Describe(**workbook, file_name, options, size);
  if (!shape.ok()) return Named(shape.status(), file_name);
  return shape;
}

absl::Status CheckWorkbook(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                           std::string_view file_name) {
  auto workbook = spreadsheet::OpenWorkbook(std::move(source));
  if (!workbook.ok()) return Named(workbook.status(), file_name);
  SLUICE_ASSIGN_OR_RETURN(const auto index,
                          spreadsheet::FindSheet((*workbook)->sheets(), shape.sheet));
  auto reader = (*workbook)->OpenSheet(index.value_or(0));
  if (!reader.ok()) return Named(reader.status(), file_name);
  spreadsheet::Row row;
  while (true) {
    const auto more = (*reader)->Next(row);
    if (!more.ok()) return Named(more.status(), file_name);
    if (!*more) return absl::OkStatus();
  }
}

}  // namespace sluice::formats

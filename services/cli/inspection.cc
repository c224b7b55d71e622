#include "cli/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/json.h"
#include "common/base/status.h"
#include "common/formats/borrowed_source.h"
#include "common/formats/open_rows.h"
#include "common/plan/mapping_file.h"

namespace sluice::cli {
namespace {

// Texts up to this size are read to their end; of larger ones this much is.
constexpr uint64_t kCountedBytes = uint64_t{16} << 20;
constexpr uint64_t kCountedCells = 200'000;

const plan::planpb::Field& FieldOf(const Inspection& inspection,
                                   const plan::SuggestedField& suggested) {
  return inspection.dataset.fields(static_cast<int>(suggested.field));
}

// As an import without a mapping takes them.
std::string DatesYaml(const plan::DateEvidence& dates) {
  if (dates.undecided()) return ", on_unfit: keep";
  const std::string_view order = plan::DateOrderName(dates.order());
  return order.empty() ? "" : fmt::format(", dates: {}", order);
}

}  // namespace

bool KeepsUnfit(const plan::planpb::Field& field, const plan::SuggestedField& to) {
  return field.on_unfit() == plan::planpb::ON_UNFIT_KEEP || to.dates.undecided();
}

absl::StatusOr<Inspection> InspectFile(const std::string& file, formats::InspectOptions options,
                                       plan::planpb::Dataset dataset) {
  // So that there is an answer in a moment.
  options.sample_rows = formats::kJudgedSampleRows;
  options.read_bytes_max = kCountedBytes;
  SLUICE_ASSIGN_OR_RETURN(const auto source, base::FileByteSource::Open(file));
  Inspection inspection{.file = file, .dataset = std::move(dataset)};
  inspection.header_given = options.header_row.has_value();
  SLUICE_ASSIGN_OR_RETURN(inspection.shape, formats::Inspect(*source, file, options));
  Suggest(inspection);
  SLUICE_ASSIGN_OR_RETURN(inspection.rows, CountRows(*source, inspection.shape));
  return inspection;
}

absl::StatusOr<RowCount> CountRows(base::ByteSource& source, const formats::SourceShape& shape) {
  // The rest of the archive would have to be unpacked.
  if (shape.cut && !shape.member.empty()) {
    return RowCount{RowCount::Kind::kAtLeast, shape.sample_rows.size()};
  }
  const uint64_t size = shape.size_bytes;
  const bool workbook = shape.format == formats::Format::kWorkbook;
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows, formats::OpenRows(std::make_unique<formats::BorrowedSource>(source), shape));
  formats::RowView row;
  RowCount count;
  uint64_t cells = 0;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
    if (!more) break;
    ++count.rows;
    cells += row.cells.size() + 1;
    const uint64_t read = workbook ? 0 : rows->Position().source_offset;
    if (workbook ? cells < kCountedCells : read < kCountedBytes) continue;
    if (workbook) {
      count.kind = RowCount::Kind::kAtLeast;
    } else if (read < size) {
      count.kind = RowCount::Kind::kEstimated;
      count.rows = static_cast<uint64_t>(static_cast<double>(count.rows) *
                                         static_cast<double>(size) / static_cast<double>(read));
    } else {
      continue;
    }
    return count;
  }
  if (shape.cut) count.kind = RowCount::Kind::kAtLeast;
  return count;
}

void Suggest(Inspection& inspection) {
  inspection.columns = plan::SuggestColumns(inspection.shape, inspection.dataset);
  if (inspection.shape.header_row == 0 && !inspection.header_given &&
      inspection.shape.format != formats::Format::kNdjson) {
    inspection.problems.push_back(
        {"no header row was recognised: say which one it is (--header-row, 0: none), or put a "
         "first "
         "row with the names of the columns into the file",
         "没有识别出标题行：请用 --header-row 指定标题行（0 表示没有），或在文件第一行写上列名"});
  }
  for (int i = 0; i < inspection.dataset.fields_size(); ++i) {
    const plan::planpb::Field& field = inspection.dataset.fields(i);
    if (!field.required()) continue;
    const bool given =
        std::any_of(inspection.columns.begin(), inspection.columns.end(), [&](const auto& column) {
          return column.to.has_value() && column.to->field == static_cast<uint32_t>(i);
        });
    if (given) continue;
    inspection.problems.push_back(
        {fmt::format("no column for the required field '{}': name one in a mapping", field.name()),
         fmt::format("必填字段 {}（{}）没有对应的列，请在映射中指定", field.label_zh(),
                     field.name())});
  }
}

std::string MappingYaml(const Inspection& inspection) {
  std::string yaml = fmt::format("dataset: {}\ncolumns:\n", inspection.dataset.name());
  for (size_t i = 0; i < inspection.columns.size(); ++i) {
    const auto& to = inspection.columns[i].to;
    if (!to.has_value()) continue;
    yaml +=
        fmt::format("  - {{from: {}, to: {}{}}}{}\n", base::JsonString(inspection.shape.columns[i]),
                    FieldOf(inspection, *to).name(), DatesYaml(to->dates),
                    to->dates.undecided() ? "  # say dates: dmy or dates: mdy" : "");
  }
  return yaml;
}

}  // namespace sluice::cli

#include "control/former_cells.h"

#include <fmt/format.h>

#include <string>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"
#include "common/record/record_file.h"

namespace sluice::control {

absl::Status VisitSource(const uploads::UploadStore& uploads, const ImportRecord& import,
                         const FormerRowVisitor& visit) {
  if (plan::IsStream(import.plan)) return absl::OkStatus();
  FormerRow former;
  const auto parts = plan::PartsOf(import.plan);
  for (uint32_t part = 0; part < parts.size(); ++part) {
    const planpb::Source& source = parts[part]->source();
    SLUICE_ASSIGN_OR_RETURN(const auto shape, plan::ShapeOf(source));
    SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads.Open(source.upload_sha256()));
    formats::RowLimits limits;
    limits.row_bytes = import.plan.row_bytes_max();
    SLUICE_ASSIGN_OR_RETURN(const auto rows,
                            formats::OpenRows(std::move(bytes), shape, {}, limits));
    formats::RowView view;
    // One that was cancelled has not read all of it.
    for (; former.ordinal < import.counts.rows; ++former.ordinal) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, rows->Next(view));
      if (!more) break;
      former.place = {part, view.row};
      former.cells = view.cells;
      if (!visit(former)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status VisitRound(const uploads::UploadStore& uploads, const ImportRecord& import,
                        uint32_t round, const FormerRowVisitor& visit) {
  const controlpb::ImportRound& sent = import.rounds.rounds(static_cast<int>(round) - 1);
  SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads.Open(sent.upload_sha256()));
  SLUICE_ASSIGN_OR_RETURN(const auto records, record::RecordFileReader::Open(std::move(bytes)));
  record::RawRecordView record;
  std::vector<std::string_view> cells;
  std::string_view encoded;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, records->Next(encoded));
    if (!more) return absl::OkStatus();
    if (!record.Parse(encoded)) return absl::DataLossError("a row that was sent again is damaged");
    cells.clear();
    for (const record::RawCell& cell : record.cells) cells.push_back(cell.text);
    if (!visit({{record.header.part, record.header.row}, record.header.ordinal, cells})) {
      return absl::OkStatus();
    }
  }
}

CellMask MaskOf(std::span<const record::RawCell> cells) {
  CellMask mask;
  for (const record::RawCell& cell : cells) mask.push_back(cell.type != formats::kAbsentCell);
  return mask;
}

uint64_t DigestUnder(const CellMask& mask, std::span<const std::string_view> texts) {
  std::string said;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty() || (i < mask.size() && !mask[i])) continue;
    said += fmt::format("{}/{}:", i, texts[i].size());
    said += texts[i];
  }
  // Only rows of one import are compared.
  return base::KeyedHash64(base::HashKey{}, said);
}

}  // namespace sluice::control

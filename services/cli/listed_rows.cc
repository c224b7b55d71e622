#include "cli/listed_rows.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/plan/plan_builder.h"

namespace sluice::cli {

namespace recordpb = control::recordpb;

absl::StatusOr<ListedRows> CollectRows(ControlView& view, const std::string& import_id,
                                       const RowSelection& selection) {
  ListedRows rows;
  std::map<uint64_t, std::vector<recordpb::Issue>> issues;
  const bool any = selection.outcome == recordpb::OUTCOME_UNSPECIFIED;
  SLUICE_RETURN_IF_ERROR(view.VisitResults(import_id, [&](const recordpb::StageResult& result) {
    for (const recordpb::RowResult& row : result.rows()) {
      if (!any && row.outcome() != selection.outcome) continue;
      ListedRow& listed = rows[row.row()];
      listed.outcome = row.outcome();
      listed.code = row.code();
      listed.field = row.field();
      listed.other_row = row.other_row();
      listed.candidates.assign(row.candidates().begin(), row.candidates().end());
    }
    for (const recordpb::Issue& issue : result.issues()) issues[issue.row()].push_back(issue);
    return absl::OkStatus();
  }));
  for (auto& [number, said] : issues) {
    // Without --with-issues, only rows that have an outcome of their own show theirs.
    const auto found = rows.find(number);
    if (found != rows.end()) {
      found->second.issues = std::move(said);
    } else if (selection.with_issues && any) {
      rows[number].issues = std::move(said);
    }
  }
  return rows;
}

absl::Status VisitRows(ControlView& view, const control::ImportRecord& import,
                       const ListedRows& rows, const ListedRowVisitor& visit) {
  formats::RowView cells;
  if (plan::IsStream(import.plan)) {
    // Nothing is kept of a stream but the log.
    for (const auto& [number, row] : rows) SLUICE_RETURN_IF_ERROR(visit(number, row, cells));
    return absl::OkStatus();
  }
  SLUICE_ASSIGN_OR_RETURN(const auto shape, plan::ShapeOf(import.plan.source()));
  SLUICE_ASSIGN_OR_RETURN(auto source, view.OpenUpload(import.plan.source().upload_sha256()));
  formats::RowLimits limits;
  limits.row_bytes = import.plan.row_bytes_max();
  SLUICE_ASSIGN_OR_RETURN(auto reader, formats::OpenRows(std::move(source), shape, {}, limits));
  const formats::RowView none;
  for (const auto& [number, row] : rows) {
    while (cells.row < number) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, reader->Next(cells));
      if (!more) break;
    }
    SLUICE_RETURN_IF_ERROR(visit(number, row, cells.row == number ? cells : none));
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli

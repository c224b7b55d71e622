#include "cli/listed_rows.h"

#include <memory>
#include <optional>

#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/formats/result_columns.h"
#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"

namespace sluice::cli {

namespace recordpb = control::recordpb;

namespace {

absl::StatusOr<std::unique_ptr<formats::RowReader>> OpenPart(ControlView& view,
                                                             const control::ImportRecord& import,
                                                             const control::planpb::Plan& part) {
  SLUICE_ASSIGN_OR_RETURN(const auto shape, plan::ShapeOf(part.source()));
  SLUICE_ASSIGN_OR_RETURN(auto source, view.OpenUpload(part.source().upload_sha256()));
  formats::RowLimits limits;
  limits.row_bytes = import.plan.row_bytes_max();
  return formats::OpenRows(std::move(source), shape, {}, limits);
}

}  // namespace

absl::StatusOr<ListedRows> CollectRows(ControlView& view, const std::string& import_id,
                                       const RowSelection& selection) {
  ListedRows rows;
  std::map<RowPlace, std::vector<recordpb::Issue>> issues;
  const bool any = selection.outcome == recordpb::OUTCOME_UNSPECIFIED;
  SLUICE_RETURN_IF_ERROR(view.VisitResults(import_id, [&](const recordpb::StageResult& result) {
    // What rollbacks have left is said by `sluice rollback`.
    if (result.has_undo()) return absl::OkStatus();
    for (const recordpb::RowResult& row : result.rows()) {
      if (!any && row.outcome() != selection.outcome) continue;
      ListedRow& listed = rows[{row.part(), row.row()}];
      listed.outcome = row.outcome();
      listed.code = row.code();
      listed.field = row.field();
      listed.other_row = row.other_row();
      listed.candidates.assign(row.candidates().begin(), row.candidates().end());
    }
    for (const recordpb::Issue& issue : result.issues()) {
      issues[{issue.part(), issue.row()}].push_back(issue);
    }
    return absl::OkStatus();
  }));
  for (auto& [place, said] : issues) {
    // Without --with-issues, only rows that have an outcome of their own show theirs.
    const auto found = rows.find(place);
    if (found != rows.end()) {
      found->second.issues = std::move(said);
    } else if (selection.with_issues && any) {
      rows[place].issues = std::move(said);
    }
  }
  return rows;
}

absl::Status VisitRows(ControlView& view, const control::ImportRecord& import,
                       const ListedRows& rows, const ListedRowVisitor& visit) {
  formats::RowView cells;
  const formats::RowView none;
  std::unique_ptr<formats::RowReader> reader;
  const auto parts = plan::PartsOf(import.plan);
  std::optional<uint32_t> open;
  for (const auto& [place, row] : rows) {
    // Nothing is kept of a stream but the log.
    const bool again = !plan::IsStream(import.plan) && place.part < parts.size();
    if (again && open != place.part) {
      SLUICE_ASSIGN_OR_RETURN(reader, OpenPart(view, import, *parts[place.part]));
      cells = none;
      open = place.part;
    }
    while (again && cells.row < place.number) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, reader->Next(cells));
      if (!more) break;
    }
    SLUICE_RETURN_IF_ERROR(visit(place, row, again && cells.row == place.number ? cells : none));
  }
  return absl::OkStatus();
}

std::vector<bool> GivenBackColumns(const control::planpb::Plan& part) {
  const std::vector<std::string> names(part.source().columns().begin(),
                                       part.source().columns().end());
  std::vector<bool> given_back(names.size());
  for (size_t i = 0; i < names.size(); ++i) given_back[i] = !formats::IsResultColumn(names, i);
  for (const auto& mapping : part.columns()) {
    for (const uint32_t column : mapping.from()) {
      if (column < given_back.size()) given_back[column] = true;
    }
  }
  return given_back;
}

}  // namespace sluice::cli

#include "cli/listed_rows.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/formats/result_columns.h"
#include "common/pipeline/resubmitted.h"
#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"
#include "common/record/raw_record.h"
#include "common/record/record_file.h"

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

using MendedRows = std::map<RowPlace, std::vector<std::string>>;

// Cells of those of the rows that came again, as they came last.
absl::StatusOr<MendedRows> ReadMended(ControlView& view, const control::ImportRecord& import,
                                      const ListedRows& rows) {
  MendedRows mended;
  record::RawRecordView record;
  for (const auto& round : import.rounds.rounds()) {
    SLUICE_ASSIGN_OR_RETURN(auto source, view.OpenUpload(round.upload_sha256()));
    SLUICE_ASSIGN_OR_RETURN(const auto file, record::RecordFileReader::Open(std::move(source)));
    std::string_view bytes;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, file->Next(bytes));
      if (!more) break;
      if (!record.Parse(bytes)) return absl::DataLossError("a row that was sent back is damaged");
      const RowPlace place{record.header.part, record.header.row};
      if (!rows.contains(place)) continue;
      std::vector<std::string>& cells = mended[place];
      cells.clear();
      for (const record::RawCell& cell : record.cells) cells.emplace_back(cell.text);
    }
  }
  return mended;
}

}  // namespace

absl::StatusOr<ListedRows> CollectRows(ControlView& view, const std::string& import_id,
                                       const RowSelection& selection) {
  ListedRows rows;
  // The round each row was last in.
  std::map<RowPlace, uint32_t> rounds;
  const auto row_at = [&](const RowPlace& place, uint32_t round) -> ListedRow& {
    ListedRow& row = rows[place];
    if (uint32_t& last = rounds[place]; last < round) {
      last = round;
      row = {};
    }
    return row;
  };
  SLUICE_RETURN_IF_ERROR(view.VisitResults(import_id, [&](const recordpb::StageResult& result) {
    // What rollbacks have left is said by `sluice rollback`.
    if (result.has_undo()) return absl::OkStatus();
    for (const recordpb::RowResult& row : result.rows()) {
      ListedRow& listed = row_at({row.part(), row.row()}, result.round());
      listed.outcome =
          pipeline::IsApplied(row.outcome()) ? recordpb::OUTCOME_UNSPECIFIED : row.outcome();
      listed.code = row.code();
      listed.field = row.field();
      listed.other_row = row.other_row();
      listed.candidates.assign(row.candidates().begin(), row.candidates().end());
    }
    for (const recordpb::Issue& issue : result.issues()) {
      row_at({issue.part(), issue.row()}, result.round()).issues.push_back(issue);
    }
    return absl::OkStatus();
  }));
  const bool any = selection.outcome == recordpb::OUTCOME_UNSPECIFIED;
  std::erase_if(rows, [&](const auto& entry) {
    const ListedRow& row = entry.second;
    // Without --with-issues, only rows that have an outcome of their own.
    if (row.outcome == recordpb::OUTCOME_UNSPECIFIED) {
      return !any || !selection.with_issues || row.issues.empty();
    }
    return !any && row.outcome != selection.outcome;
  });
  return rows;
}

bool HasReview(const ListedRows& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const auto& entry) {
    return entry.second.outcome == recordpb::OUTCOME_REVIEW;
  });
}

absl::Status VisitRows(ControlView& view, const control::ImportRecord& import,
                       const ListedRows& rows, const ListedRowVisitor& visit) {
  SLUICE_ASSIGN_OR_RETURN(const MendedRows mended, ReadMended(view, import, rows));
  formats::RowView cells;
  const formats::RowView none;
  std::unique_ptr<formats::RowReader> reader;
  const auto parts = plan::PartsOf(import.plan);
  std::optional<uint32_t> open;
  for (const auto& [place, row] : rows) {
    if (const auto again = mended.find(place); again != mended.end()) {
      const std::vector<std::string_view> texts(again->second.begin(), again->second.end());
      formats::RowView came;
      came.cells = texts;
      came.row = place.number;
      SLUICE_RETURN_IF_ERROR(visit(place, row, came));
      continue;
    }
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

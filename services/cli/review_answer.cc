#include "cli/review_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "cli/control_view.h"
#include "cli/listed_rows.h"
#include "cli/sheet_columns.h"
#include "cli/table_writer.h"
#include "common/base/status.h"
#include "common/formats/formula_guard.h"
#include "common/formats/result_columns.h"

namespace sluice::cli {
namespace {

void AppendLine(const std::vector<std::string>& values, std::string& out) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendCsvCell(values[i], out);
  }
  out += "\r\n";
}

// The row that is meant; InvalidArgument when there is none.
absl::StatusOr<RowPlace> PlaceOf(const SheetColumns& sheets, const ListedRows& rows,
                                 const ReviewAnswer& answer) {
  std::vector<RowPlace> places;
  for (const auto& [place, row] : rows) {
    if (place.number != answer.row) continue;
    if (!answer.sheet.empty() && sheets.sheet(place.part) != answer.sheet) continue;
    places.push_back(place);
  }
  if (places.size() > 1) {
    return absl::InvalidArgumentError(fmt::format(
        "rows of several sheets have the number {}: say which sheet (--sheet)", answer.row));
  }
  if (places.empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "row {} is not in review (`sluice rows ID --outcome review` lists those that are)",
        answer.row));
  }
  return places.front();
}

absl::Status CheckAnswer(const ListedRow& row, const std::string& answer) {
  for (const std::string_view word : {"new", "never", "新建", "不导入"}) {
    if (answer == word) return absl::OkStatus();
  }
  const bool candidate = std::any_of(row.candidates.begin(), row.candidates.end(),
                                     [&](int64_t id) { return std::to_string(id) == answer; });
  if (candidate) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "--answer is new, never, or one of the candidates: {}", fmt::join(row.candidates, ", ")));
}

}  // namespace

absl::StatusOr<std::unique_ptr<NamelessFile>> WriteAnswer(CommandContext& context,
                                                          const std::string& import_id,
                                                          const ReviewAnswer& answer) {
  SLUICE_ASSIGN_OR_RETURN(const auto loaded, context.Settings());
  SLUICE_ASSIGN_OR_RETURN(const auto view, OpenControlView(context, loaded));
  if (view == nullptr) return absl::NotFoundError("nothing was imported yet");
  SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, view->FindImport(import_id));
  SLUICE_ASSIGN_OR_RETURN(
      ListedRows rows, CollectRows(*view, import.id, {control::recordpb::OUTCOME_REVIEW, false}));
  const SheetColumns sheets(import.plan);
  SLUICE_ASSIGN_OR_RETURN(const RowPlace place, PlaceOf(sheets, rows, answer));
  SLUICE_RETURN_IF_ERROR(CheckAnswer(rows.at(place), answer.answer));
  std::erase_if(rows, [&](const auto& entry) { return entry.first != place; });
  std::vector<std::string> header(formats::RowsHeader().begin(), formats::RowsHeader().end());
  std::vector<std::string> values(header.size());
  values.front() = std::to_string(place.number);
  if (sheets.several()) {
    header.emplace_back(formats::kRowsSheet);
    values.push_back(sheets.sheet(place.part));
  }
  header.emplace_back(formats::kRowsAnswer);
  values.push_back(answer.answer);
  header.insert(header.end(), sheets.names().begin(), sheets.names().end());
  SLUICE_RETURN_IF_ERROR(VisitRows(
      *view, import, rows, [&](const RowPlace&, const ListedRow&, const formats::RowView& cells) {
        std::vector<std::optional<std::string>> texts;
        sheets.Append(place.part, cells, texts);
        for (auto& text : texts) values.push_back(std::move(text).value_or(""));
        return absl::OkStatus();
      }));
  std::string content;
  AppendLine(header, content);
  AppendLine(values, content);
  SLUICE_ASSIGN_OR_RETURN(auto file, NamelessFile::Make());
  SLUICE_RETURN_IF_ERROR(file->Write(content));
  return file;
}

}  // namespace sluice::cli

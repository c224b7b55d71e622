#include "cli/rows_workbook.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "cli/field_label.h"
#include "cli/reason_text.h"
#include "cli/workbook_output.h"
#include "common/base/status.h"
#include "common/formats/result_columns.h"
#include "common/plan/plan_parts.h"

namespace sluice::cli {
namespace {

namespace recordpb = control::recordpb;

using spreadsheet::CellStyle;
using spreadsheet::WrittenCell;

constexpr double kColumnWidth = 18;
constexpr double kReasonWidth = 60;

class RowsWorkbook {
 public:
  // `answers`: there is room for what a person says of rows in review.
  RowsWorkbook(spreadsheet::WorkbookWriter& writer, const control::ImportRecord& import,
               Language language, bool answers)
      : writer_(writer),
        import_(import),
        language_(language),
        answers_(answers),
        names_(language == Language::kChinese ? formats::kResultColumnsChinese
                                              : formats::kResultColumnsEnglish) {
    UsePart(0);
  }

  absl::Status Add(const RowPlace& place, const ListedRow& row, const formats::RowView& cells) {
    if (place.part != part_) UsePart(place.part);
    if (sheets_ == 0 || writer_.rows() == spreadsheet::kSheetRowsMax) {
      SLUICE_RETURN_IF_ERROR(BeginSheet());
    }
    const bool held =
        row.outcome == recordpb::OUTCOME_REJECTED || row.outcome == recordpb::OUTCOME_REVIEW;
    const CellStyle bad = held ? CellStyle::kRejected : CellStyle::kWarned;
    std::vector<WrittenCell> written(columns_.size());
    size_t column = 0;
    for (size_t i = 0; i < given_back_.size() && i < cells.cells.size(); ++i) {
      if (given_back_[i]) written[column++].text = cells.cells[i];
    }
    std::string reason;
    if (!row.code.empty()) {
      Say(row.code, row.field, row.other_row, reason);
      Mark(row.field, bad, written);
    }
    for (const recordpb::Issue& issue : row.issues) {
      Say(issue.code(), issue.field(), issue.other_row(), reason);
      if (!IsRepair(issue.code())) Mark(issue.field(), CellStyle::kWarned, written);
    }
    const std::string number_text = std::to_string(place.number);
    written.push_back({number_text, CellStyle::kNote});
    written.push_back({OutcomeText(language_, row.outcome), CellStyle::kNote});
    if (!row.candidates.empty()) {
      reason += fmt::format(fmt::runtime(cli::Say(language_, " [candidates: {}]", "【候选：{}】")),
                            fmt::join(row.candidates, ", "));
    }
    written.push_back({reason, CellStyle::kNote});
    if (answers_) written.emplace_back();
    return writer_.AddRow(written);
  }

  // How often each reason was given.
  absl::Status AddReasons() {
    if (sheets_ == 0 && part_ == 0) SLUICE_RETURN_IF_ERROR(BeginSheet());
    const std::vector<double> widths = {26, kReasonWidth, 12};
    SLUICE_RETURN_IF_ERROR(
        writer_.AddSheet(std::string(cli::Say(language_, "Reasons", "原因汇总")), widths));
    const std::vector<WrittenCell> header = {
        {cli::Say(language_, "code", "代码"), CellStyle::kHeader},
        {cli::Say(language_, "reason", "原因"), CellStyle::kHeader},
        {cli::Say(language_, "how often", "次数"), CellStyle::kHeader}};
    SLUICE_RETURN_IF_ERROR(writer_.AddRow(header));
    for (const auto& [code, count] : reasons_) {
      const std::string count_text = std::to_string(count);
      const std::vector<WrittenCell> cells = {{code}, {ReasonText(language_, code)}, {count_text}};
      SLUICE_RETURN_IF_ERROR(writer_.AddRow(cells));
    }
    return absl::OkStatus();
  }

 private:
  // The rows that come now are of this part of the plan: in a sheet of its own, with its columns.
  void UsePart(uint32_t part) {
    part_ = part;
    sheets_ = 0;
    const plan::planpb::Plan& described = *plan::PartsOf(import_.plan)[part];
    given_back_ = GivenBackColumns(described);
    columns_.clear();
    std::vector<size_t> written_at(given_back_.size());
    for (size_t i = 0; i < given_back_.size(); ++i) {
      written_at[i] = columns_.size();
      if (given_back_[i]) columns_.push_back(described.source().columns(static_cast<int>(i)));
    }
    dataset_ = &described.dataset();
    fields_.clear();
    for (const auto& mapping : described.columns()) {
      for (const uint32_t column : mapping.from()) {
        if (column < written_at.size()) fields_.emplace(mapping.to(), written_at[column]);
      }
    }
    sheet_ = import_.plan.parts_size() > 0 ? described.source().sheet()
                                           : std::string(cli::Say(language_, "Rows", "待修改的行"));
  }

  absl::Status BeginSheet() {
    std::vector<double> widths(columns_.size() + 2, kColumnWidth);
    widths.push_back(kReasonWidth);
    if (answers_) widths.push_back(kColumnWidth);
    std::string name = sheet_;
    if (++sheets_ > 1) name += fmt::format(" {}", sheets_);
    SLUICE_RETURN_IF_ERROR(writer_.AddSheet(name, widths));
    std::vector<WrittenCell> header;
    for (const std::string& column : columns_) header.push_back({column, CellStyle::kHeader});
    for (const std::string_view column : {names_.row, names_.outcome, names_.reason}) {
      header.push_back({column, CellStyle::kHeader});
    }
    if (answers_) header.push_back({names_.answer, CellStyle::kHeader});
    return writer_.AddRow(header);
  }

  // The columns of the source that the field comes from; else a column of that name.
  void Mark(const std::string& field, CellStyle style, std::vector<WrittenCell>& cells) const {
    const auto mark = [&](size_t column) {
      if (column < columns_.size() && cells[column].style != CellStyle::kRejected) {
        cells[column].style = style;
      }
    };
    const auto [first, last] = fields_.equal_range(field);
    for (auto at = first; at != last; ++at) mark(at->second);
    if (first != last) return;
    const auto found = std::find(columns_.begin(), columns_.end(), field);
    mark(static_cast<size_t>(found - columns_.begin()));
  }

  // What the person who made the file calls the field.
  std::string NameOf(const std::string& field) const {
    const auto column = fields_.find(field);
    if (column != fields_.end() && column->second < columns_.size()) {
      return columns_[column->second];
    }
    return LabelOfField(*dataset_, field, language_);
  }

  void Say(const std::string& code, const std::string& field, uint64_t other_row,
           std::string& reason) {
    ++reasons_[code];
    if (!reason.empty()) reason += language_ == Language::kChinese ? "；" : "; ";
    if (!field.empty()) {
      reason += NameOf(field) + (language_ == Language::kChinese ? "：" : ": ");
    }
    reason += ReasonText(language_, code);
    if (other_row == 0) return;
    reason += language_ == Language::kChinese ? fmt::format("（第 {} 行）", other_row)
                                              : fmt::format(" (row {})", other_row);
  }

  spreadsheet::WorkbookWriter& writer_;
  const control::ImportRecord& import_;
  const Language language_;
  const bool answers_;
  const formats::ResultColumns& names_;
  // Of the part whose rows are written.
  uint32_t part_ = 0;
  std::string sheet_;
  const plan::planpb::Dataset* dataset_ = nullptr;
  // By column of the source, and the names of those that are written.
  std::vector<bool> given_back_;
  std::vector<std::string> columns_;
  // Columns of the source by the field they go to.
  std::multimap<std::string, size_t> fields_;
  std::map<std::string, int64_t> reasons_;
  int sheets_ = 0;
};

}  // namespace

absl::Status WriteRowsWorkbook(ControlView& view, const control::ImportRecord& import,
                               const ListedRows& rows, Language language,
                               const std::string& output) {
  return WriteWorkbook(output, [&](spreadsheet::WorkbookWriter& writer) -> absl::Status {
    RowsWorkbook workbook(writer, import, language, HasReview(rows));
    SLUICE_RETURN_IF_ERROR(
        VisitRows(view, import, rows,
                  [&](const RowPlace& place, const ListedRow& row, const formats::RowView& cells) {
                    return workbook.Add(place, row, cells);
                  }));
    return workbook.AddReasons();
  });
}

}  // namespace sluice::cli

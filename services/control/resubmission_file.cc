#include "control/resubmission_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <vector>

#include "common/base/status.h"
#include "common/formats/formula_guard.h"
#include "common/formats/inspect.h"
#include "common/formats/open_rows.h"
#include "common/formats/result_columns.h"
#include "common/plan/plan_parts.h"

namespace sluice::control {
namespace {

constexpr size_t kNowhere = SIZE_MAX;
constexpr std::string_view kCellsKey = "cells";

template <typename Integer>
std::optional<Integer> ToInteger(std::string_view text) {
  Integer value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

size_t IndexOf(const std::vector<std::string>& names, std::string_view name, size_t from = 0) {
  for (size_t i = from; i < names.size(); ++i) {
    if (names[i] == name) return i;
  }
  return kNowhere;
}

// Where a file has what Sluice itself had added.
struct OwnColumns {
  size_t row = kNowhere;
  size_t sheet = kNowhere;
  size_t answer = kNowhere;
  // Of JSON lines: all cells of the row, as an array.
  size_t cells = kNowhere;
  // Columns before it are none of the source.
  size_t first = 0;
};

// Of what `sluice rows` writes by itself: one object a row.
OwnColumns FindOwnKeys(const std::vector<std::string>& names) {
  OwnColumns own;
  own.row = IndexOf(names, formats::RowsHeader().front());
  own.sheet = IndexOf(names, formats::kRowsSheet);
  own.answer = IndexOf(names, formats::kRowsAnswer);
  own.cells = IndexOf(names, kCellsKey);
  return own;
}

// False when it is no array of texts; null stands for a blank one.
bool ParseCells(std::string_view json, std::vector<std::string>& cells) {
  cells.clear();
  google::protobuf::ListValue list;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &list).ok()) return false;
  for (const google::protobuf::Value& value : list.values()) {
    if (!value.has_string_value() && !value.has_null_value()) return false;
    cells.push_back(value.string_value());
  }
  return true;
}

OwnColumns FindOwnColumns(const std::vector<std::string>& names, bool several_sheets) {
  OwnColumns own;
  if (formats::IsGuardedHeader(names) && names.front() == formats::RowsHeader().front()) {
    own.row = 0;
    own.first = formats::RowsHeader().size();
    if (several_sheets && own.first < names.size() && names[own.first] == formats::kRowsSheet) {
      own.sheet = own.first++;
    }
    if (own.first < names.size() && names[own.first] == formats::kRowsAnswer) {
      own.answer = own.first++;
    }
    return own;
  }
  for (const formats::ResultColumns& columns :
       {formats::kResultColumnsEnglish, formats::kResultColumnsChinese}) {
    if (own.row == kNowhere) own.row = IndexOf(names, columns.row);
    if (own.answer == kNowhere) own.answer = IndexOf(names, columns.answer);
  }
  return own;
}

// One table of the file, as rows of one part of the plan or, by its column of sheets, of several.
class Table {
 public:
  Table(const planpb::Plan& plan, const std::string& path, formats::SourceShape shape,
        std::optional<uint32_t> part)
      : parts_(plan::PartsOf(plan)), path_(path), shape_(std::move(shape)), part_(part) {}

  absl::Status Prepare() {
    own_ = shape_.format == formats::Format::kNdjson
               ? FindOwnKeys(shape_.columns)
               : FindOwnColumns(shape_.columns, parts_.size() > 1);
    if (own_.row == kNowhere) {
      return absl::InvalidArgumentError(fmt::format(
          "{}: no column says which row of the import each row is: mend a file that `sluice rows` "
          "has "
          "made, and leave in it the columns with which the csv begins ({}), or {} of the workbook",
          path_, fmt::join(formats::RowsHeader(), ", "), formats::kResultColumnsEnglish.row));
    }
    if (parts_.size() > 1 && own_.sheet == kNowhere && !part_.has_value()) {
      return absl::InvalidArgumentError(fmt::format(
          "{}: no column {} says of which sheet each row is", path_, formats::kRowsSheet));
    }
    for (const planpb::Plan* const part : parts_) {
      columns_.emplace_back();
      if (own_.cells != kNowhere) continue;
      SLUICE_RETURN_IF_ERROR(FindColumns(*part, columns_.back()));
    }
    return absl::OkStatus();
  }

  absl::Status Visit(std::unique_ptr<base::ByteSource> bytes, const formats::RowLimits& limits,
                     const ResubmittedRowVisitor& visit) {
    SLUICE_ASSIGN_OR_RETURN(const auto rows,
                            formats::OpenRows(std::move(bytes), shape_, {}, limits));
    formats::RowView view;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, rows->Next(view));
      if (!more) return absl::OkStatus();
      if (!view.problem.empty()) return Refuse(view, fmt::format("the row is {}", view.problem));
      ResubmittedRow row;
      SLUICE_RETURN_IF_ERROR(Take(view, row));
      SLUICE_RETURN_IF_ERROR(visit(row));
    }
  }

 private:
  // Where each column of the part's source is.
  absl::Status FindColumns(const planpb::Plan& part, std::vector<size_t>& columns) const {
    if (part_.has_value() && parts_[*part_] != &part) return absl::OkStatus();
    std::set<uint32_t> read;
    for (const auto& mapping : part.columns()) {
      read.insert(mapping.from().begin(), mapping.from().end());
    }
    for (int i = 0; i < part.source().columns_size(); ++i) {
      const std::string& name = part.source().columns(i);
      size_t at = IndexOf(shape_.columns, name, own_.first);
      // One that is called like one of Sluice's own has another name in such a file.
      if (at == kNowhere && own_.first > 0) at = IndexOf(shape_.columns, name + "_2", own_.first);
      if (at == kNowhere && read.contains(static_cast<uint32_t>(i))) {
        return absl::InvalidArgumentError(fmt::format(
            "{}: the column {} of the import is not in it: leave the columns as `sluice rows` gave "
            "them",
            path_, name));
      }
      columns.push_back(at);
    }
    return absl::OkStatus();
  }

  absl::Status Refuse(const formats::RowView& view, std::string_view why) const {
    return absl::InvalidArgumentError(fmt::format("{}, row {}: {}", path_, view.row, why));
  }

  static std::string_view CellAt(const formats::RowView& view, size_t column) {
    return column < view.cells.size() ? Trimmed(view.cells[column]) : std::string_view();
  }

  absl::Status Take(const formats::RowView& view, ResubmittedRow& row) {
    row.line = view.row;
    std::string_view text = CellAt(view, own_.row);
    // As some programs write a number.
    if (text.ends_with(".0")) text.remove_suffix(2);
    const auto number = ToInteger<uint64_t>(text);
    if (!number.has_value()) {
      return Refuse(view,
                    "it does not say which row of the import it is; rows can be mended, not "
                    "added: bring new ones in with `sluice import`");
    }
    row.place.row = *number;
    SLUICE_RETURN_IF_ERROR(TakePart(view, row));
    SLUICE_RETURN_IF_ERROR(TakeAnswer(view, row));
    cells_.clear();
    if (own_.cells != kNowhere) return TakeArray(view, row);
    for (const size_t column : columns_[row.place.part]) {
      record::RawCell& cell = cells_.emplace_back();
      if (column >= view.cells.size()) {
        cell.type = formats::kAbsentCell;
        continue;
      }
      cell.text = view.cells[column];
      if (column >= view.forms.size()) continue;
      const formats::CellForm& form = view.forms[column];
      cell.type = form.type;
      cell.raw = form.raw;
      cell.number_format = form.number_format;
    }
    row.cells = cells_;
    return absl::OkStatus();
  }

  absl::Status TakeArray(const formats::RowView& view, ResubmittedRow& row) {
    if (!ParseCells(CellAt(view, own_.cells), texts_)) {
      return Refuse(view, "cells is an array of texts, one for each column of the import");
    }
    for (const std::string& text : texts_) cells_.push_back({text, 0, {}, {}});
    row.cells = cells_;
    row.whole = true;
    return absl::OkStatus();
  }

  absl::Status TakePart(const formats::RowView& view, ResubmittedRow& row) const {
    if (part_.has_value() || own_.sheet == kNowhere) {
      row.place.part = part_.value_or(0);
      return absl::OkStatus();
    }
    const std::string_view sheet = CellAt(view, own_.sheet);
    for (uint32_t part = 0; part < parts_.size(); ++part) {
      if (parts_[part]->source().sheet() != sheet) continue;
      row.place.part = part;
      return absl::OkStatus();
    }
    return Refuse(view, "its sheet is none of the import's");
  }

  absl::Status TakeAnswer(const formats::RowView& view, ResubmittedRow& row) const {
    if (own_.answer == kNowhere) return absl::OkStatus();
    std::string text(CellAt(view, own_.answer));
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (text.empty()) return absl::OkStatus();
    if (text == "new" || text == "新建") {
      row.answer = recordpb::ANSWER_NEW;
    } else if (text == "never" || text == "不导入") {
      row.answer = recordpb::ANSWER_NEVER;
    } else if (const auto id = ToInteger<int64_t>(text); id.has_value()) {
      row.answer = recordpb::ANSWER_ROW;
      row.row_id = *id;
    } else {
      return Refuse(view,
                    "an answer is the id of a row of the sink (one of the candidates), new or "
                    "never (新建, 不导入)");
    }
    return absl::OkStatus();
  }

  const std::vector<const planpb::Plan*> parts_;
  const std::string& path_;
  const formats::SourceShape shape_;
  const std::optional<uint32_t> part_;
  OwnColumns own_;
  // By part, and column of its source.
  std::vector<std::vector<size_t>> columns_;
  std::vector<record::RawCell> cells_;
  std::vector<std::string> texts_;
};

bool HasSheet(const formats::SourceShape& shape, const std::string& name) {
  return std::any_of(shape.sheets.begin(), shape.sheets.end(),
                     [&](const formats::SheetName& sheet) { return sheet.name == name; });
}

}  // namespace

absl::Status VisitResubmittedRows(const uploads::UploadStore& uploads, const std::string& sha256,
                                  const std::string& path, const planpb::Plan& plan,
                                  const ResubmittedRowVisitor& visit) {
  formats::RowLimits limits;
  limits.row_bytes = plan.row_bytes_max();
  SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads.Open(sha256));
  SLUICE_ASSIGN_OR_RETURN(formats::SourceShape shape, formats::Inspect(*bytes, path));
  SLUICE_RETURN_IF_ERROR(formats::CheckWhole(*bytes, shape, path));
  const auto parts = plan::PartsOf(plan);
  const auto visit_table = [&](formats::SourceShape found, std::optional<uint32_t> part) {
    Table table(plan, path, std::move(found), part);
    SLUICE_RETURN_IF_ERROR(table.Prepare());
    SLUICE_ASSIGN_OR_RETURN(auto source, uploads.Open(sha256));
    return table.Visit(std::move(source), limits, visit);
  };
  if (parts.size() == 1 || shape.format != formats::Format::kWorkbook) {
    return visit_table(std::move(shape), std::nullopt);
  }
  // A sheet for each part that had such rows.
  for (uint32_t part = 0; part < parts.size(); ++part) {
    formats::InspectOptions options;
    options.sheet = parts[part]->source().sheet();
    if (!HasSheet(shape, options.sheet)) continue;
    SLUICE_ASSIGN_OR_RETURN(formats::SourceShape sheet, formats::Inspect(*bytes, path, options));
    SLUICE_RETURN_IF_ERROR(visit_table(std::move(sheet), part));
  }
  return absl::OkStatus();
}

}  // namespace sluice::control

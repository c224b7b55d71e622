// sluice rows ID: the rows that were rejected, skipped or need review, and what was said of others.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/listed_rows.h"
#include "cli/rows_workbook.h"
#include "cli/sheet_columns.h"
#include "cli/table_writer.h"
#include "cli/workbook_output.h"
#include "common/base/status.h"
#include "common/formats/formula_guard.h"
#include "common/formats/result_columns.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

namespace recordpb = control::recordpb;

struct RowsOptions {
  std::string id;
  std::string outcome;
  bool with_issues = false;
  std::string format = "jsonl";
  std::string output;
};

recordpb::Outcome OutcomeByName(std::string_view name) {
  if (name == "rejected") return recordpb::OUTCOME_REJECTED;
  if (name == "review") return recordpb::OUTCOME_REVIEW;
  if (name == "skipped") return recordpb::OUTCOME_SKIPPED;
  return recordpb::OUTCOME_UNSPECIFIED;
}

std::string_view OutcomeName(recordpb::Outcome outcome) {
  switch (outcome) {
    case recordpb::OUTCOME_REJECTED:
      return "rejected";
    case recordpb::OUTCOME_REVIEW:
      return "review";
    case recordpb::OUTCOME_SKIPPED:
      return "skipped";
    default:
      return "";
  }
}

std::string IssuesJson(const std::vector<recordpb::Issue>& issues) {
  const auto token = [](const std::string& text) {
    return text.empty() ? std::string("null") : load::JsonString(text);
  };
  std::string json;
  for (const recordpb::Issue& issue : issues) {
    json += fmt::format(
        "{}{{\"code\":{},\"field\":{},\"before\":{},\"after\":{}{}}}", json.empty() ? "" : ",",
        load::JsonString(issue.code()), token(issue.field()), token(issue.before()),
        token(issue.after()),
        issue.other_row() == 0 ? "" : fmt::format(",\"other_row\":{}", issue.other_row()));
  }
  return json;
}

std::string IssuesText(const std::vector<recordpb::Issue>& issues) {
  std::string text;
  for (const recordpb::Issue& issue : issues) {
    text += (text.empty() ? "" : "; ") + issue.code();
    if (!issue.field().empty()) text += " (" + issue.field() + ")";
  }
  return text;
}

class RowsCommand {
 public:
  RowsCommand(CommandContext& context, const RowsOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    const bool workbook = options_.format == "xlsx";
    const absl::Status fits = CheckOutput(workbook, options_.output);
    if (!fits.ok()) return Report(kUsage, fits);
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    auto view = OpenControlView(context_, *loaded);
    if (!view.ok()) return Report(CodeOfOpening(view.status()), view.status());
    if (*view == nullptr) return Report(kFailed, "nothing was imported yet");
    view_ = *std::move(view);
    auto import = view_->FindImport(options_.id);
    if (!import.ok()) return Report(CodeOfView(import.status()), import.status());
    const absl::Status status = Print(*import, workbook);
    return status.ok() ? int{kDone} : Report(CodeOf(status), status);
  }

 private:
  absl::Status Print(const control::ImportRecord& import, bool workbook) {
    const RowSelection selection{OutcomeByName(options_.outcome), options_.with_issues};
    SLUICE_ASSIGN_OR_RETURN(const ListedRows rows, CollectRows(*view_, import.id, selection));
    if (workbook) {
      return WriteRowsWorkbook(*view_, import, rows, context_.language, options_.output);
    }
    const bool csv = options_.format == "csv";
    std::vector<TableColumn> columns;
    for (const std::string_view name : formats::RowsHeader()) {
      const bool raw_json = name == "row" || name == "other_row" || name == "candidates" ||
                            (name == "issues" && !csv);
      columns.push_back({std::string(name), raw_json});
    }
    const SheetColumns sheets(import.plan);
    // Rows are numbered in each sheet.
    if (sheets.several()) columns.push_back({std::string(formats::kRowsSheet)});
    if (csv) {
      // For what a person says of a row in review, when the file is sent back.
      answers_ = HasReview(rows);
      if (answers_) columns.push_back({std::string(formats::kRowsAnswer)});
      for (const std::string& name : sheets.names()) columns.push_back({name});
    } else {
      columns.push_back({"cells", true});
    }
    TableWriter writer(csv ? TableFormat::kCsv : TableFormat::kJsonLines, columns);
    return VisitRows(
        *view_, import, rows,
        [&](const RowPlace& place, const ListedRow& row, const formats::RowView& cells) {
          writer.Write(Values(sheets, place, row, csv, cells));
          return absl::OkStatus();
        });
  }

  std::vector<std::optional<std::string>> Values(const SheetColumns& sheets, const RowPlace& place,
                                                 const ListedRow& listed, bool csv,
                                                 const formats::RowView& view) const {
    const auto text = [](std::string_view value) {
      return value.empty() ? std::nullopt : std::optional<std::string>(value);
    };
    std::vector<std::optional<std::string>> values = {std::to_string(place.number),
                                                      text(OutcomeName(listed.outcome)),
                                                      text(listed.code), text(listed.field)};
    values.push_back(listed.other_row == 0
                         ? std::nullopt
                         : std::optional<std::string>(std::to_string(listed.other_row)));
    const std::string candidates = fmt::format("{}", fmt::join(listed.candidates, ","));
    if (csv) {
      values.push_back(text(candidates));
      values.push_back(text(IssuesText(listed.issues)));
      if (sheets.several()) values.emplace_back(sheets.sheet(place.part));
      if (answers_) values.emplace_back();
      sheets.Append(place.part, view, values);
      return values;
    }
    values.push_back("[" + candidates + "]");
    values.push_back("[" + IssuesJson(listed.issues) + "]");
    if (sheets.several()) values.emplace_back(sheets.sheet(place.part));
    std::string cells;
    for (const std::string_view cell : view.cells) {
      if (!cells.empty()) cells.push_back(',');
      load::AppendJsonString(cell, cells);
    }
    values.push_back("[" + cells + "]");
    return values;
  }

  CommandContext& context_;
  const RowsOptions& options_;
  std::unique_ptr<ControlView> view_;
  bool answers_ = false;
};

}  // namespace

void AddRowsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<RowsOptions>();
  Verb verb(app, "rows", "Rows that were not imported, and why");
  verb.Option("ID", options->id, "Import id, a unique prefix of it, or last").Required();
  verb.Option("--outcome", options->outcome, "rejected, review or skipped")
      .OneOf({"rejected", "review", "skipped"});
  verb.Flag("--with-issues", options->with_issues, "Imported rows with issues too");
  verb.Option("--format", options->format, "jsonl, csv, or xlsx to be mended")
      .OneOf({"jsonl", "csv", "xlsx"});
  verb.Option("--output", options->output, "With --format xlsx: the file; else stdout");
  verb.OnChosen([&context, &action, options] {
    action = [&context, options] { return RowsCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli

// sluice rows ID: the rows that were rejected, skipped or need review, and what was said of others.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/table_writer.h"
#include "common/base/status.h"
#include "common/formats/formula_guard.h"
#include "common/formats/open_rows.h"
#include "common/plan/plan_builder.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

namespace recordpb = control::recordpb;

struct RowsOptions {
  std::string id;
  std::string outcome;
  bool with_issues = false;
  std::string format = "jsonl";
};

// One row as it is listed.
struct ListedRow {
  std::string outcome;
  std::string code;
  std::string field;
  uint64_t other_row = 0;
  std::vector<int64_t> candidates;
  std::string issues_json;
  std::string issues_text;
};

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

class RowsCommand {
 public:
  RowsCommand(CommandContext& context, const RowsOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    if (options_.format == "xlsx") return Report(kUsage, "--format xlsx is not available yet");
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    auto view = OpenControlView(context_, *loaded);
    if (!view.ok()) return Report(CodeOfOpening(view.status()), view.status());
    if (*view == nullptr) return Report(kFailed, "nothing was imported yet");
    view_ = *std::move(view);
    auto import = view_->FindImport(options_.id);
    if (!import.ok()) return Report(CodeOfView(import.status()), import.status());
    absl::Status status = Collect(import->id);
    if (status.ok()) status = Print(*import);
    return status.ok() ? int{kDone} : Report(CodeOf(status), status);
  }

 private:
  absl::Status Collect(const std::string& id) {
    return view_->VisitResults(id, [&](const recordpb::StageResult& result) {
      for (const recordpb::RowResult& row : result.rows()) {
        if (!options_.outcome.empty() && OutcomeName(row.outcome()) != options_.outcome) continue;
        ListedRow& listed = rows_[row.row()];
        listed.outcome = OutcomeName(row.outcome());
        listed.code = row.code();
        listed.field = row.field();
        listed.other_row = row.other_row();
        listed.candidates.assign(row.candidates().begin(), row.candidates().end());
      }
      for (const recordpb::Issue& issue : result.issues()) AddIssue(issue);
      return absl::OkStatus();
    });
  }

  void AddIssue(const recordpb::Issue& issue) {
    // Without --with-issues, only rows that have an outcome of their own show theirs.
    ListedRow& listed = issue_rows_[issue.row()];
    if (!listed.issues_json.empty()) listed.issues_json += ",";
    listed.issues_json += fmt::format(
        "{{\"code\":{},\"field\":{},\"before\":{},\"after\":{}{}}}", load::JsonString(issue.code()),
        issue.field().empty() ? "null" : load::JsonString(issue.field()),
        issue.before().empty() ? "null" : load::JsonString(issue.before()),
        issue.after().empty() ? "null" : load::JsonString(issue.after()),
        issue.other_row() == 0 ? "" : fmt::format(",\"other_row\":{}", issue.other_row()));
    if (!listed.issues_text.empty()) listed.issues_text += "; ";
    listed.issues_text += issue.code();
    if (!issue.field().empty()) listed.issues_text += " (" + issue.field() + ")";
  }

  absl::Status Print(const control::ImportRecord& import) {
    for (auto& [row, listed] : issue_rows_) {
      const auto found = rows_.find(row);
      if (found != rows_.end()) {
        found->second.issues_json = std::move(listed.issues_json);
        found->second.issues_text = std::move(listed.issues_text);
      } else if (options_.with_issues && options_.outcome.empty()) {
        rows_[row] = std::move(listed);
      }
    }
    const bool csv = options_.format == "csv";
    std::vector<TableColumn> columns;
    for (const std::string_view name : formats::RowsHeader()) {
      const bool raw_json = name == "row" || name == "other_row" || name == "candidates" ||
                            (name == "issues" && !csv);
      columns.push_back({std::string(name), raw_json});
    }
    if (csv) {
      for (const std::string& name : import.plan.source().columns()) columns.push_back({name});
    } else {
      columns.push_back({"cells", true});
    }
    TableWriter writer(csv ? TableFormat::kCsv : TableFormat::kJsonLines, columns);
    return PrintFromSource(import, csv, writer);
  }

  // The cells come from the stored upload: one pass, as the rows are in its order.
  absl::Status PrintFromSource(const control::ImportRecord& import, bool csv, TableWriter& writer) {
    if (plan::IsStream(import.plan)) {
      // Nothing is kept of a stream but the log, so there are no cells.
      for (const auto& [number, listed] : rows_) {
        writer.Write(Values(import, number, listed, csv, {}));
      }
      return absl::OkStatus();
    }
    SLUICE_ASSIGN_OR_RETURN(const auto shape, plan::ShapeOf(import.plan.source()));
    SLUICE_ASSIGN_OR_RETURN(auto source, view_->OpenUpload(import.plan.source().upload_sha256()));
    formats::RowLimits limits;
    limits.row_bytes = import.plan.row_bytes_max();
    SLUICE_ASSIGN_OR_RETURN(auto reader, formats::OpenRows(std::move(source), shape, {}, limits));
    formats::RowView view;
    for (const auto& [number, listed] : rows_) {
      while (view.row < number) {
        SLUICE_ASSIGN_OR_RETURN(const bool more, reader->Next(view));
        if (!more) break;
      }
      writer.Write(Values(import, number, listed, csv, view));
    }
    return absl::OkStatus();
  }

  std::vector<std::optional<std::string>> Values(const control::ImportRecord& import,
                                                 uint64_t number, const ListedRow& listed, bool csv,
                                                 const formats::RowView& view) {
    const auto text = [](const std::string& value) {
      return value.empty() ? std::nullopt : std::optional<std::string>(value);
    };
    std::vector<std::optional<std::string>> values = {std::to_string(number), text(listed.outcome),
                                                      text(listed.code), text(listed.field)};
    values.push_back(listed.other_row == 0
                         ? std::nullopt
                         : std::optional<std::string>(std::to_string(listed.other_row)));
    std::string candidates;
    for (const int64_t candidate : listed.candidates) {
      candidates += fmt::format("{}{}", candidates.empty() ? "" : ",", candidate);
    }
    if (csv) {
      values.push_back(text(candidates));
      values.push_back(text(listed.issues_text));
      for (int i = 0; i < import.plan.source().columns_size(); ++i) {
        const bool present = view.row == number && static_cast<size_t>(i) < view.cells.size();
        values.push_back(present ? std::optional<std::string>(view.cells[i]) : std::nullopt);
      }
      return values;
    }
    values.push_back("[" + candidates + "]");
    values.push_back("[" + listed.issues_json + "]");
    std::string cells;
    if (view.row == number) {
      for (const std::string_view cell : view.cells) {
        if (!cells.empty()) cells.push_back(',');
        load::AppendJsonString(cell, cells);
      }
    }
    values.push_back("[" + cells + "]");
    return values;
  }

  CommandContext& context_;
  const RowsOptions& options_;
  std::unique_ptr<ControlView> view_;
  std::map<uint64_t, ListedRow> rows_;
  std::map<uint64_t, ListedRow> issue_rows_;
};

}  // namespace

void AddRowsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<RowsOptions>();
  CLI::App* verb = app.add_subcommand("rows", "Rows that were not imported, and why");
  verb->add_option("ID", options->id, "Import id, a unique prefix of it, or last")->required();
  verb->add_option("--outcome", options->outcome, "rejected, review or skipped")
      ->check(CLI::IsMember({"rejected", "review", "skipped"}));
  verb->add_flag("--with-issues", options->with_issues, "Imported rows with issues too");
  verb->add_option("--format", options->format, "jsonl, csv or xlsx (later)")
      ->check(CLI::IsMember({"jsonl", "csv", "xlsx"}));
  verb->callback([&context, &action, options] {
    action = [&context, options] { return RowsCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli

#include "cli/summary_printer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "cli/backup_text.h"
#include "cli/field_label.h"
#include "cli/reason_text.h"
#include "cli/state_text.h"
#include "common/plan/plan_parts.h"
#include "control/import_messages.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace recordpb = control::recordpb;

// Changes that people are shown.
constexpr int kPrintedChanges = 5;

std::string Json(std::string_view text) {
  return load::JsonString(text);
}

std::string JsonOrNull(std::string_view text) {
  return text.empty() ? "null" : Json(text);
}

void PrintCounts(const CommandContext& context, const control::ImportRecord& import) {
  const control::ImportCounts& counts = import.counts;
  const auto line = [&](std::string_view english, std::string_view chinese, int64_t value) {
    if (context.language == Language::kChinese) {
      fmt::print("  {}：{}\n", chinese, value);
    } else {
      fmt::print("  {:<10} {:>12}\n", english, value);
    }
  };
  line("rows", "行数", static_cast<int64_t>(counts.rows));
  line("added", "新增", counts.Of(recordpb::OUTCOME_ADDED));
  line("updated", "更新", counts.Of(recordpb::OUTCOME_UPDATED));
  line("unchanged", "未变", counts.Of(recordpb::OUTCOME_UNCHANGED));
  line("skipped", "跳过", counts.Of(recordpb::OUTCOME_SKIPPED));
  line("rejected", "拒绝", counts.Of(recordpb::OUTCOME_REJECTED));
  line("review", "待审", counts.Of(recordpb::OUTCOME_REVIEW));
  if (counts.created_references != 0) {
    line("created", "代建", counts.created_references);
  }
  line("issues", "提示", counts.Issues());
  for (const auto& [code, count] : counts.issues) {
    fmt::print("    {:<24} {:>10}  {}\n", code, count, ReasonText(context.language, code));
  }
  const auto& profile = import.plan.profile();
  if (!profile.name().empty()) {
    fmt::print("{}\n", fmt::format(fmt::runtime(context.Text("  by profile {}, version {}",
                                                             "  使用映射方案 {}，版本 {}")),
                                   profile.name(), profile.version()));
  }
  if (!import.error.empty()) fmt::print("  {}\n", import.error);
  if (counts.rows == 0 && import.error.empty()) {
    fmt::print("{}\n", context.Text("The file has a header and no rows below it.",
                                    "文件只有表头，下面没有数据行。"));
  }
}

void PrintReplayed(const CommandContext& context, const std::string& replayed) {
  if (replayed.empty()) return;
  fmt::print(
      "{}\n",
      fmt::format(fmt::runtime(context.Text("  read again from import {}, which stays as it is",
                                            "  重新读取自导入 {}，该导入保持不变")),
                  replayed));
}

// What to look at, mend and take back. `where`: what every command must say.
void PrintNext(const control::ImportRecord& import, const std::string& id,
               const std::string& where) {
  fmt::print("  sluice imports show {}{}\n", id, where);
  fmt::print("  sluice rows {} --with-issues{}\n", id, where);
  const int64_t held =
      import.counts.Of(recordpb::OUTCOME_REJECTED) + import.counts.Of(recordpb::OUTCOME_REVIEW);
  if (held > 0) {
    fmt::print("  sluice rows {} --format xlsx --output mend.xlsx{}\n", id, where);
    fmt::print("  sluice resubmit {} mend.xlsx{}\n", id, where);
  }
  fmt::print("  sluice rollback {} --dry-run{}\n", id, where);
}

// A custom field's value is JSON.
std::string ValueJson(std::string_view name, bool present, std::string_view value) {
  if (!present) return "null";
  return name.starts_with("custom.") ? std::string(value) : Json(value);
}

// What a person calls the field.
std::string LabelOf(const CommandContext& context, const control::planpb::Dataset& dataset,
                    const std::string& name) {
  constexpr std::string_view kCustom = "custom.";
  if (name.starts_with(kCustom)) return name.substr(kCustom.size());
  return LabelOfField(dataset, name, context.language);
}

// Of a part of the plan, or of the whole when there is no such part.
const control::planpb::Dataset& DatasetOf(const control::planpb::Plan& plan, uint32_t part) {
  const auto parts = plan::PartsOf(plan);
  return parts[part < parts.size() ? part : 0]->dataset();
}

// Rows are numbered in each sheet: which one it is, when there are several.
std::string SheetText(const control::planpb::Plan& plan, uint32_t part) {
  const auto parts = plan::PartsOf(plan);
  if (parts.size() == 1 || part >= parts.size()) return {};
  return fmt::format(" [{}]", parts[part]->source().sheet());
}

// Whose row it is, when there are several: a row of one sheet may create one of another's dataset,
// so that no sheet can be named.
std::string DatasetText(const control::planpb::Plan& plan, uint32_t part) {
  const auto parts = plan::PartsOf(plan);
  if (parts.size() == 1 || part >= parts.size()) return {};
  return fmt::format(" [{}]", parts[part]->dataset().name());
}

void PrintChanges(const CommandContext& context, const controlpb::Preview& preview) {
  const control::ImportRecord import = control::FromMessage(preview.import());
  const int64_t all =
      import.counts.Of(recordpb::OUTCOME_ADDED) + import.counts.Of(recordpb::OUTCOME_UPDATED);
  if (all == 0) return;
  const int shown = std::min(preview.changes_size(), kPrintedChanges);
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("Changes ({} of {}):", "变更（{} / {}）：")),
                         shown, all));
  for (int i = 0; i < shown; ++i) {
    const controlpb::RowChange& change = preview.changes(i);
    const std::string what =
        change.id() == 0 ? context.Text("new", "新增") : context.Text("change", "更新");
    fmt::print("  {}\n",
               fmt::format(fmt::runtime(context.Text("row {} {}: {}", "第 {} 行 {}：{}")),
                           change.source_row(), what, ChangeText(context, import.plan, change)));
  }
}

// What is said of a field, with the field's name before it.
std::string Named(const CommandContext& context, const control::planpb::Dataset& dataset,
                  const std::string& field, std::string_view said) {
  if (field.empty()) return std::string(said);
  return LabelOf(context, dataset, field) + context.Text(": ", "：") + std::string(said);
}

void PrintSamples(const CommandContext& context, const controlpb::Preview& preview) {
  if (preview.rows_size() == 0 && preview.issues_size() == 0) return;
  fmt::print("{}\n", context.Text("For example:", "例如："));
  const std::string row_text = context.Text("row {}", "第 {} 行");
  const control::planpb::Plan& plan = preview.import().plan();
  for (const recordpb::RowResult& row : preview.rows()) {
    fmt::print("  {} {} ({}): {}{}\n", fmt::format(fmt::runtime(row_text), row.row()),
               OutcomeText(context.language, row.outcome()), row.code(),
               Named(context, DatasetOf(plan, row.part()), row.field(),
                     ReasonText(context.language, row.code())),
               SheetText(plan, row.part()));
  }
  for (const recordpb::Issue& issue : preview.issues()) {
    fmt::print("  {} {}: {}{}{}\n", fmt::format(fmt::runtime(row_text), issue.row()),
               Named(context, DatasetOf(plan, issue.part()), issue.field(),
                     ReasonText(context.language, issue.code())),
               issue.before(), issue.after().empty() ? "" : " -> " + issue.after(),
               SheetText(plan, issue.part()));
  }
}

void PrintPreviewJson(const controlpb::Preview& preview) {
  std::vector<std::string> changes;
  for (const controlpb::RowChange& change : preview.changes()) {
    changes.push_back(ChangeJson(change));
  }
  std::vector<std::string> samples;
  for (const recordpb::RowResult& row : preview.rows()) {
    samples.push_back(fmt::format("{{\"row\":{},\"outcome\":{},\"code\":{},\"field\":{}}}",
                                  row.row(), Json(OutcomeText(Language::kEnglish, row.outcome())),
                                  Json(row.code()), JsonOrNull(row.field())));
  }
  for (const recordpb::Issue& issue : preview.issues()) {
    samples.push_back(
        fmt::format("{{\"row\":{},\"outcome\":null,\"code\":{},\"field\":{},\"before\":{},"
                    "\"after\":{}}}",
                    issue.row(), Json(issue.code()), JsonOrNull(issue.field()),
                    JsonOrNull(issue.before()), JsonOrNull(issue.after())));
  }
  std::string summary = control::SummaryJson(control::FromMessage(preview.import()));
  summary.pop_back();
  fmt::print(
      "{},\"dry_run\":true,\"plan_hash\":{},\"matched_rows\":{},\"differences\":[{}],"
      "\"samples\":[{}]}}\n",
      summary, Json(preview.hash()), preview.matched_rows(), fmt::join(changes, ","),
      fmt::join(samples, ","));
}

}  // namespace

std::string ShellWord(const std::string& word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 || std::strchr("/._-:+,@%", c) != nullptr;
  });
  if (plain && !word.empty()) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

void PrintSummary(const CommandContext& context, const control::ImportRecord& import,
                  const SummaryPlace& place) {
  const bool backed_up = !place.backup.id().empty();
  if (context.options.json) {
    std::string summary = control::SummaryJson(import);
    if (backed_up) {
      summary.pop_back();
      summary += fmt::format(",\"backup\":{}}}", BackupJson(place.backup));
    }
    fmt::print("{}\n", summary);
    return;
  }
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("Import {}: {} in {:.1f} s",
                                                   "导入 {}：{}，用时 {:.1f} 秒")),
                         import.id, StateText(context.language, import.state), import.seconds));
  PrintCounts(context, import);
  PrintReplayed(context, import.plan.replay_of());
  if (backed_up) {
    fmt::print("{}\n", fmt::format(fmt::runtime(context.Text("Backup made before: {} in {}",
                                                             "导入前的备份：{}，位于 {}")),
                                   place.backup.id(), place.backup.directory()));
    PrintNotTaken(context, place.backup);
  }
  // What was said for this command must be said for the next ones.
  const std::string here =
      context.options.data_dir.empty() ? "" : " --data-dir " + ShellWord(place.data_dir);
  const std::string there = place.sink.empty() ? "" : " --sink " + ShellWord(place.sink);
  const std::string id = import.id.substr(0, 10);
  if (!place.server.empty()) {
    const std::string asked = context.options.server.empty() ? "" : " --server " + place.server;
    fmt::print("{}\n", context.Text("Next:", "接下来："));
    PrintNext(import, id, asked);
    return;
  }
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("Data: {}\nNext:", "数据目录：{}\n接下来：")),
                         place.data_dir));
  for (const control::planpb::Plan* const part : plan::PartsOf(import.plan)) {
    fmt::print("  sluice records {} --limit 5{}{}\n", part->dataset().name(), there, here);
  }
  PrintNext(import, id, here);
}

std::string ChangeText(const CommandContext& context, const control::planpb::Plan& plan,
                       const controlpb::RowChange& change) {
  std::vector<std::string> fields;
  for (const controlpb::FieldChange& field : change.fields()) {
    const std::string label = LabelOf(context, DatasetOf(plan, change.part()), field.name());
    fields.push_back(change.id() == 0 ? fmt::format("{}={}", label, field.after())
                                      : fmt::format("{}: {} -> {}", label,
                                                    field.has_before() ? field.before() : "-",
                                                    field.has_after() ? field.after() : "-"));
  }
  return fmt::format("{}{}", fmt::join(fields, ", "), DatasetText(plan, change.part()));
}

std::string ChangeJson(const controlpb::RowChange& change) {
  std::string fields;
  for (const controlpb::FieldChange& field : change.fields()) {
    fields +=
        fmt::format("{}{}:{{\"old\":{},\"new\":{}}}", fields.empty() ? "" : ",", Json(field.name()),
                    ValueJson(field.name(), field.has_before(), field.before()),
                    ValueJson(field.name(), field.has_after(), field.after()));
  }
  return fmt::format("{{\"row\":{},\"outcome\":\"{}\",\"id\":{},\"fields\":{{{}}}}}",
                     change.source_row(), change.id() == 0 ? "added" : "updated",
                     change.id() == 0 ? "null" : std::to_string(change.id()), fields);
}

void PrintPreview(const CommandContext& context, const controlpb::Preview& preview,
                  const std::vector<std::string>& arguments) {
  if (context.options.json) return PrintPreviewJson(preview);
  const control::ImportRecord import = control::FromMessage(preview.import());
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("Dry run: nothing was written ({:.1f} s)",
                                                   "预演：没有写入任何数据（{:.1f} 秒）")),
                         import.seconds));
  PrintCounts(context, import);
  PrintChanges(context, preview);
  PrintSamples(context, preview);
  PrintStaying(context, import.plan.replay_of());
  PrintConfirmation(context, preview.hash(), arguments);
}

void PrintConfirmation(const CommandContext& context, const std::string& hash,
                       const std::vector<std::string>& arguments) {
  std::string command = "sluice";
  for (const std::string& argument : arguments) command += " " + ShellWord(argument);
  fmt::print("{}\n  {} --confirm {}\n", context.Text("To do exactly this:", "按此结果正式导入："),
             command, hash);
}

void PrintStaying(const CommandContext& context, const std::string& replayed) {
  if (replayed.empty()) return;
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text(
                             "What import {} wrote stays where this one does not write over it; "
                             "`sluice rollback {}` first takes it back.",
                             "导入 {} 写入的内容，凡本次没有覆盖的都会保留；如需撤回，请先运行 "
                             "`sluice rollback {}`。")),
                         replayed, replayed));
}

}  // namespace sluice::cli

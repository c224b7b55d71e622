#include "cli/comparison_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/reason_text.h"
#include "cli/summary_printer.h"
#include "control/import_messages.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace recordpb = control::recordpb;

// Rows that people are shown.
constexpr int kPrintedRows = 10;

constexpr std::pair<recordpb::Outcome, std::string_view> kOutcomes[] = {
    {recordpb::OUTCOME_ADDED, "added"},         {recordpb::OUTCOME_UPDATED, "updated"},
    {recordpb::OUTCOME_UNCHANGED, "unchanged"}, {recordpb::OUTCOME_SKIPPED, "skipped"},
    {recordpb::OUTCOME_REJECTED, "rejected"},   {recordpb::OUTCOME_REVIEW, "review"}};

std::string Json(std::string_view text) {
  return load::JsonString(text);
}

std::string JsonOrNull(std::string_view text) {
  return text.empty() ? "null" : Json(text);
}

std::string OutcomeJson(recordpb::Outcome outcome) {
  return outcome == recordpb::OUTCOME_UNSPECIFIED ? "null"
                                                  : Json(OutcomeText(Language::kEnglish, outcome));
}

std::string FateJson(const controlpb::RowFate& fate) {
  std::vector<std::string> changes;
  for (const controlpb::RowChange& change : fate.changes()) changes.push_back(ChangeJson(change));
  return fmt::format("{{\"outcome\":{},\"code\":{},\"field\":{},\"changes\":[{}]}}",
                     OutcomeJson(fate.outcome()), JsonOrNull(fate.code()), JsonOrNull(fate.field()),
                     fmt::join(changes, ","));
}

void PrintJson(const controlpb::Preview& preview) {
  const controlpb::Comparison& comparison = preview.comparison();
  std::vector<std::string> transitions;
  for (const controlpb::Transition& transition : comparison.transitions()) {
    transitions.push_back(fmt::format("{{\"old\":{},\"new\":{},\"rows\":{},\"differing\":{}}}",
                                      OutcomeJson(transition.old_outcome()),
                                      OutcomeJson(transition.new_outcome()), transition.rows(),
                                      transition.differing()));
  }
  std::vector<std::string> rows;
  for (const controlpb::RowComparison& row : comparison.rows()) {
    rows.push_back(RowComparisonJson(row));
  }
  fmt::print(
      "{{\"replay_of\":{},\"dry_run\":true,\"plan_hash\":{},\"counts\":{{\"then\":{},\"old\":{},"
      "\"new\":{}}},\"transitions\":[{}],\"differing\":{},\"rows\":[{}]}}\n",
      Json(comparison.replayed().id()), Json(preview.hash()),
      control::SummaryJson(control::FromMessage(comparison.replayed())),
      control::SummaryJson(control::FromMessage(comparison.old())),
      control::SummaryJson(control::FromMessage(preview.import())), fmt::join(transitions, ","),
      comparison.differing(), fmt::join(rows, ","));
}

std::string OutcomeWord(const CommandContext& context, recordpb::Outcome outcome) {
  if (outcome == recordpb::OUTCOME_UNSPECIFIED) return context.Text("not read", "未读取");
  return std::string(OutcomeText(context.language, outcome));
}

std::string FateText(const CommandContext& context, const controlpb::RowFate& fate) {
  const std::string word = OutcomeWord(context, fate.outcome());
  return fate.code().empty() ? word : fmt::format("{} ({})", word, fate.code());
}

void PrintCounts(const CommandContext& context, const controlpb::Preview& preview) {
  const control::ImportCounts then = control::FromMessage(preview.comparison().replayed()).counts;
  const control::ImportCounts before = control::FromMessage(preview.comparison().old()).counts;
  const control::ImportCounts after = control::FromMessage(preview.import()).counts;
  fmt::print("  {:<24} {:>10} {:>10} {:>10}\n", "", context.Text("then", "当时"),
             context.Text("old now", "原方案"), context.Text("new now", "新方案"));
  const auto line = [](std::string_view name, int64_t one, int64_t two, int64_t three) {
    fmt::print("  {:<24} {:>10} {:>10} {:>10}\n", name, one, two, three);
  };
  line(context.Text("rows", "行数"), static_cast<int64_t>(then.rows),
       static_cast<int64_t>(before.rows), static_cast<int64_t>(after.rows));
  for (const auto& [outcome, name] : kOutcomes) {
    line(context.language == Language::kChinese ? OutcomeText(context.language, outcome) : name,
         then.Of(outcome), before.Of(outcome), after.Of(outcome));
  }
  line(context.Text("issues", "提示"), then.Issues(), before.Issues(), after.Issues());
  std::set<std::string> codes;
  for (const auto* const counts : {&then, &before, &after}) {
    for (const auto& [code, count] : counts->issues) codes.insert(code);
  }
  const auto of = [](const control::ImportCounts& counts, const std::string& code) {
    const auto found = counts.issues.find(code);
    return found == counts.issues.end() ? 0 : found->second;
  };
  for (const std::string& code : codes) {
    line("  " + code, of(then, code), of(before, code), of(after, code));
  }
}

void PrintTransitions(const CommandContext& context, const controlpb::Comparison& comparison) {
  uint64_t rows = 0;
  for (const controlpb::Transition& transition : comparison.transitions()) {
    rows += transition.rows();
  }
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("{} of {} rows differ:", "{} / {} 行有差异：")),
                         comparison.differing(), rows));
  for (const controlpb::Transition& transition : comparison.transitions()) {
    if (transition.differing() == 0) continue;
    const std::string values = transition.old_outcome() == transition.new_outcome()
                                   ? context.Text(" (otherwise)", "（内容不同）")
                                   : "";
    fmt::print("  {} -> {}{}: {}\n", OutcomeWord(context, transition.old_outcome()),
               OutcomeWord(context, transition.new_outcome()), values, transition.differing());
  }
}

void PrintRows(const CommandContext& context, const controlpb::Preview& preview) {
  const controlpb::Comparison& comparison = preview.comparison();
  const int shown = std::min(comparison.rows_size(), kPrintedRows);
  if (shown == 0) return;
  fmt::print("{}\n", context.Text("For example:", "例如："));
  const std::string row_text = context.Text("row {}{}: {} -> {}", "第 {} 行{}：{} -> {}");
  for (int i = 0; i < shown; ++i) {
    const controlpb::RowComparison& row = comparison.rows(i);
    const std::string sheet = row.sheet().empty() ? "" : fmt::format(" [{}]", row.sheet());
    fmt::print("  {}\n",
               fmt::format(fmt::runtime(row_text), row.row(), sheet,
                           FateText(context, row.old_fate()), FateText(context, row.new_fate())));
    for (const controlpb::RowChange& change : row.old_fate().changes()) {
      fmt::print("    {} {}\n", context.Text("old", "原"),
                 ChangeText(context, comparison.old().plan(), change));
    }
    for (const controlpb::RowChange& change : row.new_fate().changes()) {
      fmt::print("    {} {}\n", context.Text("new", "新"),
                 ChangeText(context, preview.import().plan(), change));
    }
  }
}

}  // namespace

std::string RowComparisonJson(const controlpb::RowComparison& row) {
  return fmt::format("{{\"sheet\":{},\"row\":{},\"old\":{},\"new\":{}}}", JsonOrNull(row.sheet()),
                     row.row(), FateJson(row.old_fate()), FateJson(row.new_fate()));
}

void PrintComparison(const CommandContext& context, const controlpb::Preview& preview,
                     const std::vector<std::string>& arguments) {
  if (context.options.json) return PrintJson(preview);
  const controlpb::Comparison& comparison = preview.comparison();
  fmt::print("{}\n", fmt::format(fmt::runtime(context.Text(
                                     "Import {} under another plan: nothing was written ({:.1f} s)",
                                     "以新方案重新读取导入 {}：没有写入任何数据（{:.1f} 秒）")),
                                 comparison.replayed().id(),
                                 comparison.old().seconds() + preview.import().seconds()));
  PrintCounts(context, preview);
  PrintTransitions(context, comparison);
  PrintRows(context, preview);
  PrintStaying(context, comparison.replayed().id());
  PrintConfirmation(context, preview.hash(), arguments);
}

}  // namespace sluice::cli

#include "cli/rollback_report.h"

#include <fmt/format.h>

#include "common/base/json.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

using control::controlpb::ImportState;
using control::recordpb::Issue;

// Shown to a person; a program gets all.
constexpr int64_t kShownMax = 20;

struct Reason {
  const char* code;
  const char* english;
  const char* chinese;
};

constexpr Reason kReasons[] = {
    {"changed_since", "somebody has changed it since", "之后被他人修改"},
    {"row_gone", "the row is gone", "该行已不存在"},
    {"key_taken", "another row has the key it would get back", "原来的键已被另一行占用"},
    {"used_by_later_import", "a later import has changed the row", "之后的导入修改了该行"},
    {"referred_to", "other rows refer to it", "仍被其他行引用"},
};

std::string ReasonText(const CommandContext& context, const std::string& code) {
  for (const Reason& reason : kReasons) {
    if (code == reason.code) return context.Text(reason.english, reason.chinese);
  }
  return code;
}

std::string Shown(const std::string& value) {
  constexpr size_t kLong = 40;
  if (value.empty()) return "-";
  if (value.size() <= kLong) return value;
  // Not within a character.
  size_t end = kLong;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  return value.substr(0, end) + "…";
}

}  // namespace

absl::Status VisitConflicts(ControlView& view, const control::ImportRecord& import,
                            const std::function<absl::Status(const Issue&)>& visit) {
  return view.VisitResults(import.id,
                           [&](const control::recordpb::StageResult& result) -> absl::Status {
                             if (!result.has_undo()) return absl::OkStatus();
                             for (const Issue& issue : result.issues()) {
                               if (!control::MayStand(import.undo.totals(), issue.code())) continue;
                               SLUICE_RETURN_IF_ERROR(visit(issue));
                             }
                             return absl::OkStatus();
                           });
}

std::string ConflictJson(const Issue& issue) {
  return fmt::format(
      "{{\"row\":{},\"code\":\"{}\",\"field\":{},\"before\":{},\"written\":{},\"now\":{}}}",
      issue.row(), issue.code(), issue.field().empty() ? "null" : base::JsonString(issue.field()),
      issue.before().empty() ? "null" : base::JsonString(issue.before()),
      issue.after().empty() ? "null" : base::JsonString(issue.after()),
      issue.now().empty() ? "null" : base::JsonString(issue.now()));
}

std::string ConflictText(const CommandContext& context, const Issue& issue) {
  if (issue.field().empty()) {
    return fmt::format(fmt::runtime(context.Text("  row {}: {}", "  第 {} 行：{}")), issue.row(),
                       ReasonText(context, issue.code()));
  }
  return fmt::format(
      fmt::runtime(context.Text("  row {}, {}: {} (before {}, imported {}, now {})",
                                "  第 {} 行，{}：{}（原值 {}，导入值 {}，现值 {}）")),
      issue.row(), issue.field(), ReasonText(context, issue.code()), Shown(issue.before()),
      Shown(issue.after()), Shown(issue.now()));
}

std::string RollbackCounts(const CommandContext& context,
                           const control::recordpb::UndoTotals& totals) {
  struct Line {
    const char* english;
    const char* chinese;
    int64_t rows;
  };
  const Line lines[] = {
      {"rows removed", "已删除的行", totals.removed()},
      {"rows put back", "已恢复的行", totals.restored()},
      {"rows later imports have written over", "已被之后的导入覆盖的行", totals.superseded()},
      {"rows put back in part", "部分恢复的行", totals.partly()},
      {"rows kept as they are", "保持不变的行", totals.kept()},
      {"rows that were gone already", "此前已不存在的行", totals.gone()},
  };
  std::string text;
  for (const Line& line : lines) {
    if (line.rows == 0) continue;
    text += fmt::format("  {:>9}  {}\n", line.rows, context.Text(line.english, line.chinese));
  }
  if (text.empty()) text = context.Text("  nothing to take back\n", "  没有可回滚的内容\n");
  return text;
}

absl::Status PrintRollback(CommandContext& context, ControlView& view,
                           const control::ImportRecord& import) {
  if (context.options.json) {
    std::string json = control::SummaryJson(import);
    json.pop_back();
    fmt::print("{},\"conflicts\":[", json);
    bool any = false;
    SLUICE_RETURN_IF_ERROR(VisitConflicts(view, import, [&](const Issue& issue) {
      fmt::print("{}{}", any ? "," : "", ConflictJson(issue));
      any = true;
      return absl::OkStatus();
    }));
    fmt::print("]}}\n");
    return absl::OkStatus();
  }
  fmt::print(
      "{}\n{}",
      fmt::format(fmt::runtime(import.state == ImportState::IMPORT_STATE_ROLLED_BACK
                                   ? context.Text("Import {} is rolled back.", "导入 {} 已回滚。")
                                   : context.Text("Import {} is rolled back in part.",
                                                  "导入 {} 已部分回滚。")),
                  import.id),
      RollbackCounts(context, import.undo.totals()));
  int64_t conflicts = 0;
  SLUICE_RETURN_IF_ERROR(VisitConflicts(view, import, [&](const Issue& issue) {
    if (conflicts == 0) fmt::print("{}\n", context.Text("What stays:", "保留的内容："));
    if (++conflicts <= kShownMax) fmt::print("{}\n", ConflictText(context, issue));
    return absl::OkStatus();
  }));
  if (conflicts > kShownMax) {
    fmt::print("{}\n",
               fmt::format(fmt::runtime(context.Text("  ... {} more: sluice rollback {} --json",
                                                     "  …… 另有 {} 项：sluice rollback {} --json")),
                           conflicts - kShownMax, import.id));
  }
  fmt::print("{}\n", fmt::format(fmt::runtime(context.Text("To write it again: sluice redo {}",
                                                           "重新写入：sluice redo {}")),
                                 import.id));
  return absl::OkStatus();
}

void PrintRollbackPreview(CommandContext& context,
                          const control::controlpb::PreviewRollbackResponse& preview) {
  if (context.options.json) {
    std::string conflicts;
    for (const Issue& issue : preview.conflicts()) {
      conflicts += (conflicts.empty() ? "" : ",") + ConflictJson(issue);
    }
    fmt::print("{{\"rollback\":{},\"conflicts\":[{}]}}\n", control::RollbackJson(preview.totals()),
               conflicts);
    return;
  }
  fmt::print("{}\n{}", context.Text("A rollback would do this:", "回滚的结果将是："),
             RollbackCounts(context, preview.totals()));
  if (!preview.conflicts().empty()) {
    fmt::print("{}\n", context.Text("What would stay:", "将保留的内容："));
  }
  int64_t shown = 0;
  for (const Issue& issue : preview.conflicts()) {
    if (++shown <= kShownMax) fmt::print("{}\n", ConflictText(context, issue));
  }
  fmt::print("{}\n", context.Text("Nothing has been changed.", "未作任何更改。"));
}

}  // namespace sluice::cli

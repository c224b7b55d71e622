#include "cli/import_dialogue.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "cli/summary_printer.h"

namespace sluice::cli {
namespace {

constexpr size_t kShownRows = 5;
constexpr size_t kShownBytes = 40;

// A cell in a line of cells: short, and without what would move the cursor.
std::string Shown(std::string_view cell) {
  const bool cut = cell.size() > kShownBytes;
  size_t end = std::min(cell.size(), kShownBytes);
  while (cut && end > 0 && (static_cast<unsigned char>(cell[end]) & 0xC0) == 0x80) --end;
  std::string shown(cell.substr(0, end));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return cut ? shown + "…" : shown;
}

void PrintRows(const Inspection& inspection) {
  const size_t rows = std::min(inspection.shape.sample_rows.size(), kShownRows);
  for (size_t i = 0; i < rows; ++i) {
    std::string line;
    for (const std::string& cell : inspection.shape.sample_rows[i]) {
      line += (line.empty() ? "" : " | ") + Shown(cell);
    }
    fmt::print(stderr, "  {}\n", line);
  }
}

Answer Decline(const CommandContext& context, const std::string& file) {
  fmt::print(
      stderr, "{}\n  sluice inspect {} --mapping-file mapping.yaml\n",
      context.Text("Nothing was imported. To say it otherwise:", "没有导入任何数据。要修改映射："),
      ShellWord(file));
  return Answer::kNothing;
}

}  // namespace

bool OnTerminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

Answer AskOnTerminal(const CommandContext& context, const std::string& file,
                     const formats::InspectOptions& options, const plan::planpb::Dataset& dataset,
                     const std::function<void(Inspection&)>& complete) {
  auto inspection = InspectFile(file, options, dataset);
  if (!inspection.ok() || !inspection->problems.empty()) return Answer::kImport;
  complete(*inspection);
  fmt::print(stderr, "{}\n{}\n", InspectionPage(*inspection, context.language),
             context.Text("The first rows:", "前几行："));
  PrintRows(*inspection);
  while (true) {
    fmt::print(stderr, "\n{} ",
               context.Text("Import it so? [Y]es, [n]o, [d]ry run first:",
                            "按此导入吗？[Y] 是，[n] 否，[d] 先预演："));
    std::string answer;
    if (!std::getline(std::cin, answer)) return Decline(context, file);
    answer.erase(0, answer.find_first_not_of(" \t\r"));
    if (answer.empty() || answer[0] == 'y' || answer[0] == 'Y' || answer.starts_with("是")) {
      return Answer::kImport;
    }
    if (answer[0] == 'd' || answer[0] == 'D' || answer.starts_with("预")) return Answer::kDryRun;
    if (answer[0] == 'n' || answer[0] == 'N' || answer.starts_with("否")) {
      return Decline(context, file);
    }
  }
}

}  // namespace sluice::cli

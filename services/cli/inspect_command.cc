// sluice inspect FILE: what a file is, what its columns are, and where an import would put them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <optional>

#include "cli/command_line.h"
#include "cli/inspection.h"
#include "common/base/json.h"
#include "common/base/status.h"
#include "common/formats/inspect.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::cli {
namespace {

struct InspectFlags {
  std::string file;
  std::string dataset = "customers";
  std::string sheet;
  std::string member;
  std::string encoding;
  std::string delimiter;
  std::string mapping_file;
  std::optional<uint64_t> header_row;
};

absl::StatusOr<formats::InspectOptions> OptionsOf(const InspectFlags& flags) {
  formats::InspectOptions options;
  options.sheet = flags.sheet;
  options.member = flags.member;
  options.header_row = flags.header_row;
  if (!flags.encoding.empty()) {
    options.encoding = formats::EncodingByName(flags.encoding);
    if (!options.encoding.has_value()) {
      return absl::InvalidArgumentError(fmt::format(
          "--encoding: '{}' is not known; known are utf-8, utf-16le, utf-16be, gb18030, "
          "big5, shift_jis, euc-kr, windows-1252",
          flags.encoding));
    }
  }
  if (!flags.delimiter.empty()) {
    const bool tab = flags.delimiter == "tab" || flags.delimiter == "\\t";
    if (!tab && flags.delimiter.size() != 1) {
      return absl::InvalidArgumentError("--delimiter: one character, or tab");
    }
    options.delimiter = tab ? '\t' : flags.delimiter[0];
  }
  return options;
}

// The refusal as programs and people read it, like that of `cells`.
int ReportRefusal(const CommandContext& context, const std::string& file,
                  const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return Report(CodeOf(status), status);
  std::string message(base::Message(status));
  if (message.find(file) == std::string::npos) message = fmt::format("{}: {}", file, message);
  if (!context.options.json) return Report(kFailed, message);
  const std::string code = spreadsheet::RefusalCode(status);
  std::string error =
      fmt::format("{{\"code\":\"{}\",\"message\":", code.empty() ? "refused" : code);
  base::AppendJsonString(error, message);
  fmt::print(stderr, "{}}}\n", error);
  return kFailed;
}

int Run(const CommandContext& context, const InspectFlags& flags) {
  const auto options = OptionsOf(flags);
  if (!options.ok()) return Report(kUsage, options.status());
  const auto loaded = context.Settings();
  if (!loaded.ok()) return Report(kUsage, loaded.status());
  auto dataset = plan::FindDataset(flags.dataset, loaded->settings.data_dir + "/datasets");
  if (!dataset.ok()) return Report(kUsage, dataset.status());
  const auto inspection = InspectFile(flags.file, *options, *std::move(dataset));
  if (!inspection.ok()) return ReportRefusal(context, flags.file, inspection.status());
  if (!flags.mapping_file.empty()) {
    std::ofstream out(flags.mapping_file, std::ios::binary | std::ios::trunc);
    out << MappingYaml(*inspection);
    out.close();
    if (!out) return Report(kFailed, fmt::format("cannot write {}", flags.mapping_file));
  }
  fmt::print("{}{}",
             context.options.json ? InspectionJson(*inspection, context.language) + "\n" : "",
             context.options.json ? "" : InspectionPage(*inspection, context.language));
  return kDone;
}

}  // namespace

void AddInspectCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* verb = app.add_subcommand(
      "inspect", "What a file is, what its columns are, and where an import would put them");
  verb->add_option("FILE", flags->file, "Workbook, CSV, TSV or NDJSON file")->required();
  verb->add_option("--dataset", flags->dataset, "Target dataset (customers)");
  verb->add_option("--sheet", flags->sheet, "Sheet of a workbook: name or number (from 1)");
  verb->add_option("--member", flags->member, "File in a zip archive");
  verb->add_option("--encoding", flags->encoding, "Encoding of a text file (gb18030, utf-8, ...)");
  verb->add_option("--delimiter", flags->delimiter, "Delimiter of a text file: a character or tab");
  verb->add_option("--header-row", flags->header_row, "Row of the header (from 1; 0: none)");
  verb->add_option("--mapping-file", flags->mapping_file,
                   "Write the suggested mapping into this file, for `import --mapping`");
  verb->callback(
      [&context, &action, flags] { action = [&context, flags] { return Run(context, *flags); }; });
}

}  // namespace sluice::cli

// sluice inspect FILE: what a file is, what its columns are, and where an import would put them.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "cli/command_line.h"
#include "cli/inspection.h"
#include "cli/profile_access.h"
#include "cli/reading_options.h"
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
  formats::ReadingChoice reading;
  std::string mapping_file;
};

absl::StatusOr<formats::InspectOptions> OptionsOf(const InspectFlags& flags) {
  formats::InspectOptions options;
  options.sheet = flags.sheet;
  options.member = flags.member;
  SLUICE_RETURN_IF_ERROR(formats::Apply(flags.reading, options));
  return options;
}

// The refusal as programs and people read it, like that of `cells`.
int ReportRefusal(const CommandContext& context, const std::string& file,
                  const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return Report(CodeOf(status), status);
  const bool named = base::Message(status).find(file) != std::string_view::npos;
  const absl::Status refusal = named ? status : base::Annotate(status, file);
  if (!context.options.json) return Report(kFailed, refusal);
  const std::string code = spreadsheet::RefusalCode(status);
  std::string error =
      fmt::format("{{\"code\":\"{}\",\"message\":", code.empty() ? "refused" : code);
  base::AppendJsonString(error, base::Message(refusal));
  fmt::print(stderr, "{}}}\n", error);
  return kFailed;
}

int Run(CommandContext& context, const InspectFlags& flags) {
  const auto options = OptionsOf(flags);
  if (!options.ok()) return Report(kUsage, options.status());
  const auto loaded = context.Settings();
  if (!loaded.ok()) return Report(kUsage, loaded.status());
  auto dataset = plan::FindDataset(flags.dataset, loaded->settings.data_dir + "/datasets");
  if (!dataset.ok()) return Report(kUsage, dataset.status());
  auto inspection = InspectFile(flags.file, *options, *std::move(dataset));
  if (!inspection.ok()) return ReportRefusal(context, flags.file, inspection.status());
  inspection->profiles = FittingProfiles(context, *loaded, inspection->shape.columns);
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
  Verb verb(app, "inspect",
            "What a file is, what its columns are, and where an import would put them");
  verb.Option("FILE", flags->file, "Workbook, CSV, TSV or NDJSON file").Required();
  verb.Option("--dataset", flags->dataset, "Target dataset (customers)");
  verb.Option("--sheet", flags->sheet, "Sheet of a workbook: name or number (from 1)");
  verb.Option("--member", flags->member, "File in a zip archive");
  AddReadingOptions(verb, flags->reading);
  verb.Option("--mapping-file", flags->mapping_file,
              "Write the suggested mapping into this file, for `import --mapping`");
  verb.OnChosen(
      [&context, &action, flags] { action = [&context, flags] { return Run(context, *flags); }; });
}

}  // namespace sluice::cli

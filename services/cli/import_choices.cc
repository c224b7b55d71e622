#include "cli/import_choices.h"

#include <fmt/format.h>

#include <utility>

#include "cli/reading_options.h"
#include "cli/topic_address.h"
#include "common/base/byte_source.h"
#include "common/base/status.h"

namespace sluice::cli {

namespace {

void AddChoices(Verb& verb, ImportOptions& options) {
  verb.Option("--sheet", options.sheet, "Sheet of a workbook: name or number (from 1)");
  verb.Option("--member", options.member, "File in a zip archive");
  AddReadingOptions(verb, options.reading);
  verb.Option("--mapping", options.mapping, "Mapping file");
  verb.Option("--profile", options.profile, "Saved mapping (see `sluice profile`)");
  verb.Option("--profile-version", options.profile_version,
              "Version of the saved mapping (the newest)");
  verb.Option("--sink", options.sink, "sqlite:PATH or postgresql://USER@HOST/DATABASE");
  verb.Option("--on-duplicate", options.on_duplicate,
              "What happens to customers that are there: update, fill, skip or create")
      .OneOf({"update", "fill", "skip", "create"});
  verb.Option("--in-file", options.in_file,
              "Several rows of one customer in the file: merge, first or last")
      .OneOf({"merge", "first", "last"});
  verb.Option("--confirm", options.confirm,
              "Plan hash of a dry run: import only if the same would happen now");
  verb.Flag("--yes", options.yes, "Ask nothing");
}

}  // namespace

void AddImportOptions(Verb& verb, ImportOptions& options) {
  verb.Option("FILE", options.file, "Workbook (.xlsx, .xls, .ods), CSV, TSV or NDJSON file")
      .Required();
  verb.Option("--dataset", options.dataset, "Target dataset (customers)");
  AddChoices(verb, options);
  verb.Flag("--no-profile", options.no_profile,
            "Do not use the saved mapping that fits the file exactly");
  verb.Flag("--dry-run", options.dry_run, "Say what the import would do, and write nothing");
  verb.Option("--changes", options.changes,
              "With --dry-run: a file for every change, as JSON lines");
  verb.Flag("--backup{true}", options.backup,
            "Make a backup first (--backup=DIR: there; see `sluice backup`)");
  verb.Flag("--new", options.start_new, "Start another import of a file that has not ended");
}

void AddReplayOptions(Verb& verb, ImportOptions& options) {
  verb.Option("ID", options.replayed, "Import id, a unique prefix of it, or last").Required();
  verb.Option("--dataset", options.dataset, "Target dataset (the import's)");
  AddChoices(verb, options);
  verb.Flag("--dry-run", options.dry_run, "Say what the replay would do, and write nothing");
  verb.Flag("--compare", options.compare,
            "Say, row by row and as counts, what would differ from the old plan, and write "
            "nothing");
  verb.Option("--changes", options.changes,
              "With --dry-run: a file for every change, with --compare for every row that "
              "differs, as JSON lines");
  verb.Flag("--new", options.start_new, "Start another replay of an import, if one runs");
}

absl::Status CheckImportOptions(const ImportOptions& options) {
  const int mappings = static_cast<int>(!options.mapping.empty()) +
                       static_cast<int>(!options.profile.empty()) +
                       static_cast<int>(options.no_profile && !options.profile.empty());
  if (mappings > 1) {
    return absl::InvalidArgumentError("--mapping, --profile and --no-profile: give one of them");
  }
  if (options.profile_version > 0 && options.profile.empty()) {
    return absl::InvalidArgumentError("--profile-version belongs to --profile");
  }
  if (options.dry_run && !options.confirm.empty()) {
    return absl::InvalidArgumentError("--dry-run and --confirm: give one of them");
  }
  if (options.compare && (options.dry_run || !options.confirm.empty())) {
    return absl::InvalidArgumentError("--compare, --dry-run and --confirm: give one of them");
  }
  if (options.dry_run && !options.backup.empty()) {
    return absl::InvalidArgumentError("--dry-run writes nothing: it needs no --backup");
  }
  if (!options.changes.empty() && !options.dry_run && !options.compare) {
    return absl::InvalidArgumentError(options.replayed.empty()
                                          ? "--changes belongs to --dry-run"
                                          : "--changes belongs to --dry-run or --compare");
  }
  formats::InspectOptions reading;
  SLUICE_RETURN_IF_ERROR(formats::Apply(options.reading, reading));
  if (!options.reading.empty() && IsTopicAddress(options.file)) {
    return absl::InvalidArgumentError(
        "--encoding, --delimiter and --header-row belong to files, not to topics");
  }
  if ((options.dry_run || !options.confirm.empty()) && IsTopicAddress(options.file)) {
    return absl::InvalidArgumentError("a topic has no end: there is no dry run of it");
  }
  return absl::OkStatus();
}

absl::Status FillChoices(const ImportOptions& options, control::StartRequest& request,
                         std::string& mapping_text) {
  if (options.file.empty() && options.replayed.empty()) {
    return absl::InvalidArgumentError("the name of the file is empty");
  }
  if (!options.mapping.empty()) {
    SLUICE_ASSIGN_OR_RETURN(mapping_text, base::ReadSmallFile(options.mapping));
    SLUICE_ASSIGN_OR_RETURN(request.mapping, plan::ParseMapping(mapping_text, options.mapping));
  }
  if (!options.on_duplicate.empty()) {
    request.on_duplicate = plan::OnDuplicateByName(options.on_duplicate);
  }
  if (!options.in_file.empty()) request.in_file = plan::InFileByName(options.in_file);
  request.reading = options.reading;
  request.profile = options.profile;
  request.profile_version = options.profile_version;
  request.no_profile = options.no_profile;
  request.dataset_given = !options.dataset.empty();
  request.dataset = options.dataset;
  if (request.mapping.has_value()) {
    const plan::MappingFile& mapping = *request.mapping;
    const std::string said = mapping.sheets.empty() ? mapping.dataset : "one for each sheet";
    if (!options.dataset.empty() && !said.empty() && options.dataset != said) {
      return absl::InvalidArgumentError(
          fmt::format("--dataset says {}, {} says {}: give one of them", options.dataset,
                      options.mapping, said));
    }
    if (!mapping.dataset.empty()) request.dataset = mapping.dataset;
  }
  if (request.dataset.empty()) request.dataset = "customers";
  return absl::OkStatus();
}

control::controlpb::ImportOptions RemoteChoices(const ImportOptions& options,
                                                const control::StartRequest& request,
                                                const std::string& mapping_text) {
  control::controlpb::ImportOptions remote;
  if (request.dataset_given || (request.mapping.has_value() && options.replayed.empty())) {
    remote.set_dataset(request.dataset);
  }
  remote.set_profile(options.profile);
  remote.set_profile_version(options.profile_version);
  remote.set_no_profile(options.no_profile);
  remote.set_mapping(mapping_text);
  remote.set_mapping_name(options.mapping);
  if (request.on_duplicate.has_value()) remote.set_on_duplicate(*request.on_duplicate);
  if (request.in_file.has_value()) remote.set_in_file(*request.in_file);
  remote.set_sheet(options.sheet);
  remote.set_member(options.member);
  remote.set_encoding(options.reading.encoding);
  remote.set_delimiter(options.reading.delimiter);
  if (options.reading.header_row.has_value()) remote.set_header_row(*options.reading.header_row);
  remote.set_start_new(options.start_new);
  remote.set_confirm(options.confirm);
  return remote;
}

std::vector<std::string> ImportArguments(const ImportOptions& options, const std::string& sink,
                                         const GlobalOptions& global) {
  std::vector<std::string> arguments = {"import", options.file};
  if (!options.replayed.empty()) arguments = {"replay", options.replayed};
  const std::string version =
      options.profile_version > 0 ? std::to_string(options.profile_version) : "";
  const auto& header_row = options.reading.header_row;
  const std::string header = header_row.has_value() ? std::to_string(*header_row) : "";
  for (const auto& [name, value] : {std::pair{"--dataset", options.dataset},
                                    {"--mapping", options.mapping},
                                    {"--profile", options.profile},
                                    {"--profile-version", version},
                                    {"--sheet", options.sheet},
                                    {"--member", options.member},
                                    {"--encoding", options.reading.encoding},
                                    {"--delimiter", options.reading.delimiter},
                                    {"--header-row", header},
                                    {"--sink", sink},
                                    {"--on-duplicate", options.on_duplicate},
                                    {"--in-file", options.in_file},
                                    {"--data-dir", global.data_dir},
                                    {"--server", global.server}}) {
    if (value.empty()) continue;
    arguments.emplace_back(name);
    arguments.push_back(value);
  }
  if (options.no_profile) arguments.emplace_back("--no-profile");
  return arguments;
}

}  // namespace sluice::cli

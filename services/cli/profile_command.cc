// sluice profile save | list | show | export | import | delete
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/profile_access.h"
#include "cli/profile_text.h"
#include "common/base/byte_source.h"
#include "common/base/json.h"
#include "common/base/status.h"
#include "common/formats/inspect.h"
#include "common/plan/plan_builder.h"
#include "control/profile_file.h"

namespace sluice::cli {
namespace {

struct ProfileFlags {
  std::string name;
  std::string mapping;
  std::string file;
  std::string output;
  uint32_t version = 0;
};

ExitCode CodeOfProfiles(const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) return kUsage;
  if (absl::IsNotFound(status)) return kFailed;
  const ExitCode code = CodeOfView(status);
  return code == kFailed ? CodeOf(status) : code;
}

class ProfileCommand {
 public:
  ProfileCommand(CommandContext& context, const ProfileFlags& flags)
      : context_(context), flags_(flags) {}

  int Save() {
    controlpb::SaveProfileRequest request;
    request.set_name(flags_.name);
    request.set_mapping_name(flags_.mapping);
    auto text = base::ReadSmallFile(flags_.mapping);
    if (!text.ok()) return Report(kUsage, text.status());
    request.set_mapping(*std::move(text));
    if (const int code = Open(true); code != kDone) return code;
    if (!flags_.file.empty()) {
      const absl::Status fits = TakeShape(request);
      if (!fits.ok()) return Report(kUsage, fits);
    }
    return SaveRequest(request);
  }

  int Import() {
    const auto text = base::ReadSmallFile(flags_.file);
    if (!text.ok()) return Report(kUsage, text.status());
    auto request = control::ParseProfile(*text, flags_.file);
    if (!request.ok()) return Report(kUsage, request.status());
    if (const int code = Open(true); code != kDone) return code;
    return SaveRequest(*request);
  }

  int List() {
    if (const int code = Open(false); code != kDone) return code;
    const auto profiles = access_->List();
    if (!profiles.ok()) return Report(CodeOfProfiles(profiles.status()), profiles.status());
    if (context_.options.json) {
      std::vector<std::string> items;
      for (const controlpb::Profile& profile : *profiles) items.push_back(ProfileJson(profile));
      fmt::print("[{}]\n", fmt::join(items, ",\n"));
      return kDone;
    }
    for (const controlpb::Profile& profile : *profiles) {
      fmt::print(
          "{}  v{}  {}  {}  {}\n", profile.name(), profile.version(), profile.dataset(),
          fmt::format(fmt::runtime(context_.Text("{} columns", "{} 列")), profile.columns_size()),
          SavedAt(profile));
    }
    return kDone;
  }

  int Show() {
    control::FoundProfile found;
    if (const int code = Find(found); code != kDone) return code;
    if (context_.options.json) {
      std::string json = ProfileJson(found.profile);
      json.pop_back();
      json += fmt::format(",\"versions\":[{}],\"mapping\":", fmt::join(found.versions, ","));
      base::AppendJsonString(json, found.profile.mapping());
      fmt::print("{}}}\n", json);
      return kDone;
    }
    fmt::print("{}\n",
               fmt::format(fmt::runtime(context_.Text(
                               "{}, version {} of {}; dataset {}; saved {}; for: {}",
                               "{}，版本 {}（共 {}）；数据集 {}；保存于 {}；适用列：{}")),
                           found.profile.name(), found.profile.version(),
                           fmt::join(found.versions, ", "), found.profile.dataset(),
                           SavedAt(found.profile), fmt::join(found.profile.columns(), ", ")));
    fmt::print("\n{}", found.profile.mapping());
    if (!found.profile.mapping().ends_with('\n')) fmt::print("\n");
    return kDone;
  }

  int Export() {
    control::FoundProfile found;
    if (const int code = Find(found); code != kDone) return code;
    const std::string yaml = control::FormatProfile(found.profile);
    if (!flags_.output.empty()) {
      std::ofstream out(flags_.output, std::ios::binary | std::ios::trunc);
      out << yaml;
      out.close();
      if (!out) return Report(kFailed, fmt::format("cannot write {}", flags_.output));
    }
    if (context_.options.json) {
      std::string json = ProfileJson(found.profile);
      json.pop_back();
      json += ",\"yaml\":";
      base::AppendJsonString(json, yaml);
      fmt::print("{}}}\n", json);
    } else if (flags_.output.empty()) {
      fmt::print("{}", yaml);
    }
    return kDone;
  }

  int Delete() {
    if (const int code = Open(true); code != kDone) return code;
    const absl::Status status = access_->Delete(flags_.name);
    if (!status.ok()) return Report(CodeOfProfiles(status), status);
    if (context_.options.json) {
      fmt::print("{{\"deleted\":{}}}\n", base::JsonString(flags_.name));
    } else {
      fmt::print(
          "{}\n",
          fmt::format(fmt::runtime(context_.Text("profile {} is deleted", "已删除映射方案 {}")),
                      flags_.name));
    }
    return kDone;
  }

 private:
  int Open(bool writes) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    auto access = OpenProfiles(context_, *loaded, writes);
    if (!access.ok()) return Report(CodeOf(access.status()), access.status());
    access_ = *std::move(access);
    return kDone;
  }

  int Find(control::FoundProfile& found) {
    if (const int code = Open(false); code != kDone) return code;
    auto answer = access_->Get(flags_.name, flags_.version);
    if (!answer.ok()) return Report(CodeOfProfiles(answer.status()), answer.status());
    found = *std::move(answer);
    return kDone;
  }

  int SaveRequest(const controlpb::SaveProfileRequest& request) {
    const auto saved = access_->Save(request);
    if (!saved.ok()) return Report(CodeOfProfiles(saved.status()), saved.status());
    if (context_.options.json) {
      fmt::print("{}\n", ProfileJson(*saved));
      return kDone;
    }
    fmt::print("{}\n", fmt::format(fmt::runtime(context_.Text("profile {} is saved, version {}",
                                                              "已保存映射方案 {}，版本 {}")),
                                   saved->name(), saved->version()));
    if (saved->columns().empty()) {
      fmt::print(stderr, "{}\n",
                 context_.Text("It names no columns, so no file finds it by itself: give --for.",
                               "它没有列名，文件不会自动找到它：请加 --for。"));
    }
    return kDone;
  }

  // The headers of the file it is for, when the mapping fits the file.
  absl::Status TakeShape(controlpb::SaveProfileRequest& request) {
    plan::PlanRequest wanted;
    SLUICE_ASSIGN_OR_RETURN(wanted.mapping, plan::ParseMapping(request.mapping(), flags_.mapping));
    SLUICE_ASSIGN_OR_RETURN(const auto source, base::FileByteSource::Open(flags_.file));
    formats::InspectOptions options;
    options.sample_rows = formats::kJudgedSampleRows;
    SLUICE_ASSIGN_OR_RETURN(wanted.shape, formats::Inspect(*source, flags_.file, options));
    for (const std::string& column : wanted.shape.columns) request.add_columns(column);
    const std::string& name = wanted.mapping->dataset;
    auto dataset =
        plan::FindDataset(name.empty() ? "customers" : name, settings_.data_dir + "/datasets");
    // A control elsewhere may have datasets that are not here.
    if (!dataset.ok()) return absl::OkStatus();
    wanted.dataset = *std::move(dataset);
    return plan::BuildPlan(wanted).status();
  }

  CommandContext& context_;
  const ProfileFlags& flags_;
  config::Settings settings_;
  std::unique_ptr<ProfileAccess> access_;
};

}  // namespace

void AddProfileCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto flags = std::make_shared<ProfileFlags>();
  Verb verb(app, "profile", "Mappings kept under a name, and found again");
  const auto add = [&](const char* name, const char* what, int (ProfileCommand::*run)()) {
    Verb command = verb.Add(name, what);
    command.OnChosen([&context, &action, flags, run] {
      action = [&context, flags, run] { return (ProfileCommand(context, *flags).*run)(); };
    });
    return command;
  };
  Verb save = add("save", "Save a mapping; each save is a new version", &ProfileCommand::Save);
  save.Option("NAME", flags->name, "Name of the profile").Required();
  save.Option("MAPPING", flags->mapping, "Mapping file").Required();
  save.Option("--for", flags->file, "A file of the shape it is for");
  add("list", "The profiles there are", &ProfileCommand::List);
  Verb show = add("show", "A profile and its mapping", &ProfileCommand::Show);
  Verb exports = add("export", "A profile as a YAML file", &ProfileCommand::Export);
  for (Verb command : {show, exports}) {
    command.Option("NAME", flags->name, "Name of the profile").Required();
    command.Option("--version", flags->version, "Version (the newest)");
  }
  exports.Option("-o,--output", flags->output, "File to write (standard output)");
  Verb imports = add("import", "Save the profile of a YAML file", &ProfileCommand::Import);
  imports.Option("FILE", flags->file, "What `profile export` wrote").Required();
  Verb remove = add("delete", "Delete a profile, all versions", &ProfileCommand::Delete);
  remove.Option("NAME", flags->name, "Name of the profile").Required();
}

}  // namespace sluice::cli

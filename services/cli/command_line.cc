#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "cli/data_directory.h"
#include "cli/refusal_text.h"
#include "cli/rpc_setup.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::cli {
namespace {

std::string DefaultDataDirectory() {
  const char* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && *data_home != '\0') return std::string(data_home) + "/sluice";
  const char* home = std::getenv("HOME");
  return (home == nullptr || *home == '\0' ? std::string(".") : std::string(home)) +
         "/.local/share/sluice";
}

void AddVersionCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  verb->callback([&context, &action] {
    action = [&context] {
      fmt::print(fmt::runtime(context.options.json ? "{{\"version\":\"{}\"}}\n" : "sluice {}\n"),
                 SLUICE_VERSION);
      return int{kDone};
    };
  });
}

// Verbs that are known but come later: wrong usage, and it says so.
void AddLaterVerbs(CLI::App& app, VerbAction& action) {
  for (const char* name : {"match", "doctor"}) {
    CLI::App* verb = app.add_subcommand(name)->group("");
    verb->allow_extras()->fallthrough(false)->set_help_flag();
    verb->callback([name, &action] {
      action = [name] { return Report(kUsage, fmt::format("{} is not available yet", name)); };
    });
  }
}

// What to say where there is no verb, or words that nobody knows.
std::string NotUnderstood(const CLI::App& app, const std::vector<std::string>& unknown) {
  if (unknown.empty()) return "no verb was given; `sluice --help` lists them";
  const bool verb_given = !app.get_subcommands().empty();
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
  return fmt::format("'{}' is no {}{}; see `sluice{} --help`", unknown.front(),
                     verb_given ? "flag or argument that fits here" : "verb or flag",
                     verb_given ? "" : base::DidYouMean(unknown.front(), verbs),
                     verb_given ? " " + app.get_subcommands().front()->get_name() : "");
}

}  // namespace

absl::StatusOr<config::LoadedSettings> CommandContext::Settings() const {
  config::SettingsSources sources;
  sources.env = config::ProcessEnvironment();
  if (!options.config_file.empty()) sources.file = options.config_file;
  if (!options.data_dir.empty()) sources.flags["data_dir"] = options.data_dir;
  SLUICE_ASSIGN_OR_RETURN(config::LoadedSettings loaded, config::LoadSettings(sources));
  if (loaded.settings.data_dir.empty()) loaded.settings.data_dir = DefaultDataDirectory();
  constexpr int64_t kPartitionsOverKafka = 12;
  if (!loaded.settings.kafka.brokers.empty() && loaded.origins.at("partitions") == "default") {
    loaded.settings.partitions = kPartitionsOverKafka;
  }
  return loaded;
}

absl::StatusOr<rpc::Peer> CommandContext::Server(const config::LoadedSettings& loaded) const {
  std::string address = options.server;
  std::string_view setting = "--server";
  if (address.empty()) {
    address = loaded.server.value_or("");
    setting = "SLUICE_SERVER";
  }
  // What the data directory of a service holds is not what runs there.
  if (address.empty() && !loaded.settings.kafka.brokers.empty()) {
    address = loaded.settings.control.address;
    setting = "control.address";
  }
  if (address.empty()) {
    rpc::Peer own;
    own.address = RunningServer(loaded.settings.data_dir);
    return own;
  }
  SLUICE_RETURN_IF_ERROR(base::Annotate(rpc::CheckAddress(address), setting));
  rpc::Peer peer = PeerOf(loaded.settings, address);
  peer.token = loaded.token;
  SLUICE_RETURN_IF_ERROR(peer.Validate());
  return peer;
}

bool CommandContext::IsOwn(const rpc::Peer& server) const {
  return options.server.empty() && server.address.rfind("unix:", 0) == 0;
}

int Report(ExitCode code, std::string_view message) {
  fmt::print(stderr, "sluice: {}\n", message);
  return code;
}

int Report(ExitCode code, const absl::Status& status) {
  Report(code, base::Message(status));
  const std::string_view words = RefusalText(LanguageOfUser(), spreadsheet::RefusalCode(status));
  if (!words.empty()) fmt::print(stderr, "{}\n", words);
  return code;
}

ExitCode CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return kConflict;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnavailable:
      return kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return kTimedOut;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return kUsage;
    default:
      return kFailed;
  }
}

int RunCommandLine(int argc, char** argv) {
  CommandContext context;
  context.language = LanguageOfUser();
  VerbAction action;
  CLI::App app(
      "Sluice brings customer records from anywhere into a customer store, cleans and "
      "matches them on the way.",
      "sluice");
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.set_version_flag("--version", fmt::format("sluice {}", SLUICE_VERSION));
  app.fallthrough();
  app.add_option("--data-dir", context.options.data_dir, "Where log, uploads and databases are");
  app.add_option("--config", context.options.config_file, "Settings file (sluice.yaml)");
  app.add_option("--server", context.options.server, "Address of a running control (host:port)");
  app.add_flag("--json", context.options.json, "Machine-readable output");
  AddImportCommand(app, context, action);
  AddServeCommand(app, context, action);
  AddReplayCommand(app, context, action);
  AddImportsCommand(app, context, action);
  AddLifecycleCommands(app, context, action);
  AddRollbackCommands(app, context, action);
  AddResubmitCommands(app, context, action);
  AddRecordsCommand(app, context, action);
  AddRowsCommand(app, context, action);
  AddNormalizeCommand(app, context, action);
  AddProfileCommand(app, context, action);
  AddInspectCommand(app, context, action);
  AddCellsCommand(app, context, action);
  AddTemplateCommand(app, context, action);
  AddConfigCommand(app, context, action);
  AddTopicsCommand(app, context, action);
  AddBackupCommand(app, context, action);
  AddRestoreCommand(app, context, action);
  AddVersionCommand(app, context, action);
  AddCompletionCommand(app, context, action);
  AddLaterVerbs(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    app.exit(e);
    return kUsage;
  }
  const std::vector<std::string> unknown = app.remaining();
  if (!action || !unknown.empty()) return Report(kUsage, NotUnderstood(app, unknown));
  const std::string verb = app.get_subcommands().front()->get_name();
  constexpr std::array<std::string_view, 10> kAskControl = {
      "import", "replay", "rollback", "redo",   "imports",
      "rows",   "pause",  "resume",   "cancel", "backup"};
  if (!context.options.server.empty() &&
      std::find(kAskControl.begin(), kAskControl.end(), verb) == kAskControl.end()) {
    return Report(kUsage,
                  fmt::format("--server is for import, replay, rollback, redo, imports, rows, "
                              "pause, resume, cancel and backup, not for {}",
                              verb));
  }
  const int code = action();
  // What was printed may still be in a buffer: a full disk shows only now.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Report(kFailed, "the output could not be written");
  }
  return code;
}

}  // namespace sluice::cli

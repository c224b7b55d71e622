// What every verb gets: parsed options, settings, clock, randomness, and how to report.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/language.h"
#include "cli/verb.h"
#include "common/base/clock.h"
#include "common/base/ulid.h"
#include "common/config/loader.h"
#include "common/rpc/peer.h"

namespace sluice::cli {

// Options all verbs share.
struct GlobalOptions {
  std::string data_dir;
  std::string config_file;
  std::string server;
  bool json = false;
};

// The environment of a command: made once in main. Thread-compatible.
struct CommandContext {
  GlobalOptions options;
  Language language = Language::kEnglish;
  base::SystemClock clock;
  base::SystemRandom random;

  // Settings with the flags of this command on top; data_dir is resolved.
  absl::StatusOr<config::LoadedSettings> Settings() const;
  // The running control to be asked: --server, else SLUICE_SERVER, else over Kafka
  // control.address, else a `serve` that holds the data directory; without an address = none.
  // InvalidArgument names the setting to change.
  absl::StatusOr<rpc::Peer> Server(const config::LoadedSettings& loaded) const;
  // Whether it is the one that holds the data directory: then a verb acts and speaks as if it held
  // the directory itself.
  bool IsOwn(const rpc::Peer& server) const;
  std::string Text(std::string_view english, std::string_view chinese) const {
    return std::string(Say(language, english, chinese));
  }
};

// Prints "sluice: message" on stderr and gives the code.
int Report(ExitCode code, std::string_view message);
int Report(ExitCode code, const absl::Status& status);
// The exit code that fits a failure of the world.
ExitCode CodeOf(const absl::Status& status);

// Runs the program; the exit code.
int RunCommandLine(int argc, char** argv);

// Each verb adds itself to the program and says what runs when it is chosen.
using VerbAction = std::function<int()>;
void AddImportCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddServeCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddReplayCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddImportsCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddLifecycleCommands(CLI::App& app, CommandContext& context, VerbAction& action);
void AddRollbackCommands(CLI::App& app, CommandContext& context, VerbAction& action);
void AddResubmitCommands(CLI::App& app, CommandContext& context, VerbAction& action);
void AddRecordsCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddRowsCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddNormalizeCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddInspectCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddCellsCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddTemplateCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddConfigCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddProfileCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddTopicsCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddBackupCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddRestoreCommand(CLI::App& app, CommandContext& context, VerbAction& action);
void AddCompletionCommand(CLI::App& app, CommandContext& context, VerbAction& action);

}  // namespace sluice::cli

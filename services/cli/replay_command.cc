// sluice replay ID

#include "cli/command_line.h"
#include "cli/import_choices.h"
#include "cli/import_command.h"

namespace sluice::cli {

void AddReplayCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<ImportOptions>();
  Verb verb(app, "replay", "Read an import's stored file again under a new plan");
  AddReplayOptions(verb, *options);
  verb.OnChosen([&context, &action, options] {
    action = [&context, options] { return RunImport(context, *options); };
  });
}

}  // namespace sluice::cli

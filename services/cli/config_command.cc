// sluice config check | show | schema
#include <fmt/format.h>

#include "cli/command_line.h"
#include "common/config/setting_table.h"

namespace sluice::cli {
namespace {

int Check(CommandContext& context) {
  auto loaded = context.Settings();
  if (!loaded.ok()) return Report(kUsage, loaded.status());
  if (context.options.json) {
    fmt::print("{{\"valid\":true}}\n");
  } else {
    fmt::print("The settings are fine.\n");
  }
  return kDone;
}

int Show(CommandContext& context) {
  auto loaded = context.Settings();
  if (!loaded.ok()) return Report(kUsage, loaded.status());
  fmt::print("{}", context.options.json ? config::ShowJson(*loaded) : config::ShowText(*loaded));
  return kDone;
}

}  // namespace

void AddConfigCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  Verb verb(app, "config", "The settings");
  verb.Add("check", "Are the settings valid?").OnChosen([&context, &action] {
    action = [&context] { return Check(context); };
  });
  verb.Add("show", "Every setting and where it comes from").OnChosen([&context, &action] {
    action = [&context] { return Show(context); };
  });
  verb.Add("schema", "JSON Schema of sluice.yaml").OnChosen([&action] {
    action = [] {
      fmt::print("{}\n", config::SettingsSchemaJson());
      return int{kDone};
    };
  });
}

}  // namespace sluice::cli

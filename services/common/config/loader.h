// Reads the settings of a process: flags over environment over file over defaults.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/settings.h"

namespace sluice::config {

struct SettingsSources {
  // The file named by --config. Without it, SLUICE_CONFIG of `env` names one, or there is none.
  std::optional<std::string> file;
  // The environment; names that do not start with SLUICE_ are ignored.
  std::map<std::string, std::string> env;
  // By setting name, as in {"http.port", "0"}.
  std::map<std::string, std::string> flags;
};

struct LoadedSettings {
  Settings settings;
  // By setting name: "default", "file sluice.yaml:3:9", "environment SLUICE_HTTP__PORT", "flag".
  std::map<std::string, std::string> origins;
  // SLUICE_SERVER: where verbs find a running `serve`. Not a setting of a process.
  std::optional<std::string> server;
  // SLUICE_TOKEN: what they show there; empty = none.
  std::string token;
};

// Everything that is wrong is reported at once, one line each, with file:line:column where there is
// one. InvalidArgument for contents; NotFound or PermissionDenied if the file cannot be read.
absl::StatusOr<LoadedSettings> LoadSettings(const SettingsSources& sources);

// The environment of this process, for SettingsSources::env.
std::map<std::string, std::string> ProcessEnvironment();

// Every setting with its value and origin, one line each; secrets are not shown.
std::string ShowText(const LoadedSettings& loaded);
// The same as one JSON object: {"http.port": {"value": 7401, "origin": "default"}, ...}.
std::string ShowJson(const LoadedSettings& loaded);

}  // namespace sluice::config

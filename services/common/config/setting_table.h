// The one description of every setting: it drives parsing, `config show`, `config schema` and
// docs/configuration.md, so that they cannot differ.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "common/config/settings.h"

namespace sluice::config {

enum class SettingType {
  kText,
  kChoice,   // one of `choices`
  kInteger,  // between `min` and `max`
  kBytes,    // as kInteger; also written with KiB, MiB, GiB
  kSeconds,  // a decimal number between `min` and `max`
  kBoolean,  // true or false
};

// The field of a Settings that a row of the table is about.
using SettingField = std::variant<std::string*, int64_t*, double*, bool*>;

struct SettingSpec {
  // Dotted, as in `http.port`.
  std::string_view name;
  SettingType type;
  SettingField (*field)(Settings& settings);
  // Inclusive; numbers only.
  double min;
  double max;
  // Separated by '|'; kChoice only.
  std::string_view choices;
  std::string_view help;
  // Never shown: its value is replaced by `***` wherever settings are printed.
  bool secret;
};

// All settings, in the order in which people read them.
std::span<const SettingSpec> SettingTable();

// Null if there is none.
const SettingSpec* FindSetting(std::string_view name);

// SLUICE_HTTP__PORT for http.port.
std::string EnvironmentName(std::string_view name);

// Sets the field of `spec` from text. The error says what is allowed, without the setting's name.
absl::Status SetFromText(const SettingSpec& spec, std::string_view text, Settings& settings);

// Checks the bounds of `spec`; the error says what is allowed, without the setting's name.
absl::Status CheckBounds(const SettingSpec& spec, const Settings& settings);

// The value as text that SetFromText takes, or `***` for a secret one that is not empty.
std::string DisplayValue(const SettingSpec& spec, const Settings& settings);

// For a message: "an integer from 1 to 65535".
std::string DescribeType(const SettingSpec& spec);

// JSON Schema (draft 2020-12) of sluice.yaml.
std::string SettingsSchemaJson();

// The whole text of docs/configuration.md.
std::string SettingsMarkdown();

}  // namespace sluice::config

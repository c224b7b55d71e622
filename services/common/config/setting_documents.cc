// The documents that are generated from the table of settings.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/config/setting_table.h"

namespace sluice::config {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  base::AppendJsonString(out, text);
  return out;
}

std::string TypeName(const SettingSpec& spec) {
  switch (spec.type) {
    case SettingType::kText:
      return "text";
    case SettingType::kChoice: {
      std::string names;
      for (const char c : spec.choices) names += c == '|' ? "`, `" : std::string(1, c);
      return "`" + names + "`";
    }
    case SettingType::kInteger:
      return fmt::format("integer, {:.0f} to {:.0f}", spec.min, spec.max);
    case SettingType::kBytes:
      return "size";
    case SettingType::kSeconds:
      return fmt::format("seconds, {} to {}", spec.min, spec.max);
  }
  return "";
}

std::string ChoicesJson(std::string_view choices) {
  std::string out = "[";
  while (true) {
    const size_t bar = choices.find('|');
    out += Quoted(choices.substr(0, bar));
    if (bar == std::string_view::npos) return out + "]";
    out += ", ";
    choices.remove_prefix(bar + 1);
  }
}

std::string PropertyJson(const SettingSpec& spec) {
  const Settings defaults;
  const std::string value = DisplayValue(spec, defaults);
  std::string out = fmt::format("{{\"description\": {}, ", Quoted(spec.help));
  switch (spec.type) {
    case SettingType::kText:
      out += fmt::format("\"type\": \"string\", \"default\": {}", Quoted(value));
      break;
    case SettingType::kChoice:
      out += fmt::format("\"enum\": {}, \"default\": {}", ChoicesJson(spec.choices), Quoted(value));
      break;
    case SettingType::kInteger:
      out += fmt::format(
          "\"type\": \"integer\", \"minimum\": {:.0f}, \"maximum\": {:.0f}, \"default\": {}",
          spec.min, spec.max, value);
      break;
    case SettingType::kBytes:
      out += fmt::format(
          "\"anyOf\": [{{\"type\": \"integer\", \"minimum\": {:.0f}, \"maximum\": {:.0f}}}, "
          "{{\"type\": \"string\", \"pattern\": \"^[0-9]+ *[KMG]iB$\"}}], \"default\": {}",
          spec.min, spec.max, value);
      break;
    case SettingType::kSeconds:
      out += fmt::format("\"type\": \"number\", \"minimum\": {}, \"maximum\": {}, \"default\": {}",
                         spec.min, spec.max, value);
      break;
  }
  return out + "}";
}

// The settings of a group ("" for those without one), each as `"name": {...}`.
std::string GroupProperties(std::string_view group, std::string_view indent) {
  std::string out;
  for (const SettingSpec& spec : SettingTable()) {
    const size_t dot = spec.name.find('.');
    const std::string_view own = dot == std::string_view::npos ? "" : spec.name.substr(0, dot);
    if (own != group) continue;
    const std::string_view key =
        dot == std::string_view::npos ? spec.name : spec.name.substr(dot + 1);
    out += fmt::format("{}\n{}{}: {}", out.empty() ? "" : ",", indent, Quoted(key),
                       PropertyJson(spec));
  }
  return out;
}

std::vector<std::string_view> Groups() {
  std::vector<std::string_view> groups;
  for (const SettingSpec& spec : SettingTable()) {
    const size_t dot = spec.name.find('.');
    if (dot == std::string_view::npos) continue;
    const std::string_view group = spec.name.substr(0, dot);
    if (groups.empty() || groups.back() != group) groups.push_back(group);
  }
  return groups;
}

constexpr std::string_view kHead =
    R"(# Configuration

Generated from the table of settings (`services/common/config/setting_table.cc`); a test compares
the two.

A setting is taken from the first of: a flag, the environment, the configuration file, its
default. The file is named by `--config` or `SLUICE_CONFIG`; no other place is searched. `sluice
config show` prints every value with its origin, `sluice config check` only checks, `sluice config
schema` prints a JSON Schema for editors.

In the environment a dot becomes two underscores: `http.port` is `SLUICE_HTTP__PORT`. Unknown or
repeated keys, wrong types and values out of bounds are errors with file, line and column. Sizes
are bytes, or a whole number with `KiB`, `MiB` or `GiB`.

```yaml
partitions: 4
http:
  port: 7401
lead:
  bytes_max: 64MiB
```

| setting | environment | type | default | what |
| --- | --- | --- | --- | --- |
)";

constexpr std::string_view kTail = R"(
Not settings, but known in the environment: `SLUICE_CONFIG` (the configuration file) and
`SLUICE_SERVER` (the address of a running `sluice serve` that verbs talk to). Any other variable
that starts with `SLUICE_` is an error.
)";

}  // namespace

std::string SettingsSchemaJson() {
  std::string out =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"sluice.yaml\",\n  \"type\": \"object\",\n"
      "  \"additionalProperties\": false,\n  \"properties\": {";
  out += GroupProperties("", "    ");
  for (const std::string_view group : Groups()) {
    out += fmt::format(
        ",\n    {}: {{\"type\": \"object\", \"additionalProperties\": false, \"properties\": "
        "{{{}\n    }}}}",
        Quoted(group), GroupProperties(group, "      "));
  }
  return out + "\n  }\n}\n";
}

std::string SettingsMarkdown() {
  const Settings defaults;
  std::string out(kHead);
  for (const SettingSpec& spec : SettingTable()) {
    const std::string value = DisplayValue(spec, defaults);
    out += fmt::format("| `{}` | `{}` | {} | {} | {}{} |\n", spec.name, EnvironmentName(spec.name),
                       TypeName(spec), value.empty() ? "" : "`" + value + "`", spec.help,
                       spec.secret ? " Secret: never shown." : "");
  }
  return out + std::string(kTail);
}

}  // namespace sluice::config

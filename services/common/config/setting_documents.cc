// The documents that are generated from the table of settings.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/config/setting_table.h"

namespace sluice::config {
namespace {

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
    case SettingType::kBoolean:
      return "`true`, `false`";
  }
  return "";
}

std::string ChoicesJson(std::string_view choices) {
  std::string out = "[";
  while (true) {
    const size_t bar = choices.find('|');
    out += base::JsonString(choices.substr(0, bar));
    if (bar == std::string_view::npos) return out + "]";
    out += ", ";
    choices.remove_prefix(bar + 1);
  }
}

std::string PropertyJson(const SettingSpec& spec) {
  const Settings defaults;
  const std::string value = DisplayValue(spec, defaults);
  std::string out = fmt::format("{{\"description\": {}, ", base::JsonString(spec.help));
  switch (spec.type) {
    case SettingType::kText:
      out += fmt::format("\"type\": \"string\", \"default\": {}", base::JsonString(value));
      break;
    case SettingType::kChoice:
      out += fmt::format("\"enum\": {}, \"default\": {}", ChoicesJson(spec.choices),
                         base::JsonString(value));
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
    case SettingType::kBoolean:
      out += fmt::format("\"type\": \"boolean\", \"default\": {}", value);
      break;
  }
  return out + "}";
}

// The settings below a prefix ("" or "kafka."), each as `"name": {...}`, in the table's order;
// those of one group stand together.
std::string PropertiesBelow(std::string_view prefix, const std::string& indent) {
  std::string out;
  std::string_view group_before;
  for (const SettingSpec& spec : SettingTable()) {
    if (!spec.name.starts_with(prefix)) continue;
    const std::string_view rest = spec.name.substr(prefix.size());
    const size_t dot = rest.find('.');
    const std::string_view key = rest.substr(0, dot);
    if (dot != std::string_view::npos && key == group_before) continue;
    group_before = dot == std::string_view::npos ? std::string_view() : key;
    out += fmt::format("{}\n{}{}: ", out.empty() ? "" : ",", indent, base::JsonString(key));
    if (dot == std::string_view::npos) {
      out += PropertyJson(spec);
      continue;
    }
    // Nesting is as deep as the names in the table.
    out += fmt::format(
        "{{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {{{}\n{}}}}}",
        PropertiesBelow(fmt::format("{}{}.", prefix, key), indent + "  "), indent);
  }
  return out;
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
Not settings, but known in the environment: `SLUICE_CONFIG` (the configuration file),
`SLUICE_SERVER` (the address of a running `sluice serve` that verbs talk to) and `SLUICE_TOKEN` (the
token they show there). Any other variable that starts with `SLUICE_` is an error.
)";

}  // namespace

std::string SettingsSchemaJson() {
  std::string out =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"sluice.yaml\",\n  \"type\": \"object\",\n"
      "  \"additionalProperties\": false,\n  \"properties\": {";
  out += PropertiesBelow("", "    ");
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

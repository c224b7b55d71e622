#include "common/config/loader.h"

#include <fmt/format.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "common/base/byte_source.h"
#include "common/base/json.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/config/setting_table.h"

namespace sluice::config {
namespace {

constexpr std::string_view kPrefix = "SLUICE_";
constexpr std::string_view kConfigVariable = "SLUICE_CONFIG";
constexpr std::string_view kServerVariable = "SLUICE_SERVER";
constexpr std::string_view kTokenVariable = "SLUICE_TOKEN";
constexpr uint64_t kFileBytesMax = 1 << 20;

// Collects what is wrong, so that a person mends it in one go.
class Problems {
 public:
  void Add(std::string problem) { list_.push_back(std::move(problem)); }
  absl::Status ToStatus() const {
    if (list_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(fmt::format("{}", fmt::join(list_, "\n")));
  }

 private:
  std::vector<std::string> list_;
};

// Known keys directly under `prefix` ("" or "http."), without what follows the next dot.
std::vector<std::string_view> KeysUnder(std::string_view prefix) {
  std::vector<std::string_view> keys;
  for (const SettingSpec& spec : SettingTable()) {
    if (!spec.name.starts_with(prefix)) continue;
    const std::string_view rest = spec.name.substr(prefix.size());
    const std::string_view key = rest.substr(0, rest.find('.'));
    if (keys.empty() || keys.back() != key) keys.push_back(key);
  }
  return keys;
}

class FileReader {
 public:
  FileReader(std::string file, LoadedSettings& loaded, Problems& problems)
      : file_(std::move(file)), loaded_(loaded), problems_(problems) {}

  absl::Status Read() {
    SLUICE_ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(file_, kFileBytesMax));
    try {
      const YAML::Node root = YAML::Load(text);
      if (root.IsMap()) {
        Walk(root, "");
      } else if (!root.IsNull()) {
        Problem(root.Mark(), "a mapping of settings is expected");
      }
    } catch (const YAML::Exception& error) {
      Problem(error.mark, error.msg);
    }
    return absl::OkStatus();
  }

 private:
  std::string At(const YAML::Mark& mark) const {
    if (mark.is_null()) return file_;
    return fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
  }
  void Problem(const YAML::Mark& mark, std::string_view what) {
    problems_.Add(fmt::format("{}: {}", At(mark), what));
  }

  // `prefix` is "" or ends with a dot. Nesting is at most as deep as the names in the table.
  void Walk(const YAML::Node& map, const std::string& prefix) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        Problem(entry.first.Mark(), "a key must be text");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        Problem(entry.first.Mark(), fmt::format("'{}{}' is set twice", prefix, key));
        continue;
      }
      Take(entry.first, entry.second, prefix + key, prefix);
    }
  }

  void Take(const YAML::Node& key, const YAML::Node& value, const std::string& name,
            const std::string& prefix) {
    const SettingSpec* spec = FindSetting(name);
    if (spec != nullptr) return Set(*spec, value);
    // A dot inside a key would be a second way to write a name.
    const bool group =
        key.Scalar().find('.') == std::string::npos && !KeysUnder(name + ".").empty();
    if (!group) {
      const auto known = KeysUnder(prefix);
      return Problem(key.Mark(), fmt::format("unknown setting '{}'{}", name,
                                             base::DidYouMean(key.Scalar(), known)));
    }
    if (value.IsMap()) return Walk(value, name + ".");
    if (!value.IsNull()) {
      Problem(value.Mark(), fmt::format("'{}' holds settings: a mapping is expected", name));
    }
  }

  void Set(const SettingSpec& spec, const YAML::Node& value) {
    const bool number = spec.type == SettingType::kInteger || spec.type == SettingType::kSeconds;
    // yaml-cpp tags a quoted scalar "!": a quoted number is a text.
    if (!value.IsScalar() || (number && value.Tag() == "!")) {
      return Problem(value.Mark(), fmt::format("{} must be {}", spec.name, DescribeType(spec)));
    }
    const absl::Status status = SetFromText(spec, value.Scalar(), loaded_.settings);
    if (!status.ok()) {
      return Problem(value.Mark(), fmt::format("{} {}", spec.name, base::Message(status)));
    }
    loaded_.origins[std::string(spec.name)] = "file " + At(value.Mark());
  }

  const std::string file_;
  LoadedSettings& loaded_;
  Problems& problems_;
};

void ReadEnvironment(const SettingsSources& sources, LoadedSettings& loaded, Problems& problems) {
  std::map<std::string, const SettingSpec*, std::less<>> by_variable;
  for (const SettingSpec& spec : SettingTable()) by_variable[EnvironmentName(spec.name)] = &spec;
  std::vector<std::string_view> known = {kConfigVariable, kServerVariable, kTokenVariable};
  for (const auto& [variable, spec] : by_variable) known.push_back(variable);
  for (const auto& [variable, value] : sources.env) {
    if (!variable.starts_with(kPrefix) || variable == kConfigVariable) continue;
    if (variable == kServerVariable) {
      if (!value.empty()) loaded.server = value;
      continue;
    }
    if (variable == kTokenVariable) {
      loaded.token = value;
      continue;
    }
    const auto found = by_variable.find(variable);
    if (found == by_variable.end()) {
      problems.Add(fmt::format("environment: unknown variable {}{}", variable,
                               base::DidYouMean(variable, known)));
      continue;
    }
    const absl::Status status = SetFromText(*found->second, value, loaded.settings);
    if (!status.ok()) {
      problems.Add(fmt::format("environment: {} {}", variable, base::Message(status)));
      continue;
    }
    loaded.origins[std::string(found->second->name)] = "environment " + variable;
  }
}

void ReadFlags(const SettingsSources& sources, LoadedSettings& loaded, Problems& problems) {
  std::vector<std::string_view> known;
  for (const SettingSpec& spec : SettingTable()) known.push_back(spec.name);
  for (const auto& [name, value] : sources.flags) {
    const SettingSpec* spec = FindSetting(name);
    if (spec == nullptr) {
      problems.Add(
          fmt::format("flag: unknown setting '{}'{}", name, base::DidYouMean(name, known)));
      continue;
    }
    const absl::Status status = SetFromText(*spec, value, loaded.settings);
    if (!status.ok()) {
      problems.Add(fmt::format("flag: {} {}", name, base::Message(status)));
      continue;
    }
    loaded.origins[name] = "flag";
  }
}

}  // namespace

absl::StatusOr<LoadedSettings> LoadSettings(const SettingsSources& sources) {
  LoadedSettings loaded;
  for (const SettingSpec& spec : SettingTable()) loaded.origins[std::string(spec.name)] = "default";
  Problems problems;
  std::optional<std::string> file = sources.file;
  const auto named = sources.env.find(std::string(kConfigVariable));
  if (!file.has_value() && named != sources.env.end() && !named->second.empty()) {
    file = named->second;
  }
  if (file.has_value()) {
    SLUICE_RETURN_IF_ERROR(FileReader(*file, loaded, problems).Read());
  }
  ReadEnvironment(sources, loaded, problems);
  ReadFlags(sources, loaded, problems);
  SLUICE_RETURN_IF_ERROR(problems.ToStatus());
  SLUICE_RETURN_IF_ERROR(loaded.settings.Validate());
  return loaded;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::string ShowText(const LoadedSettings& loaded) {
  std::string out;
  for (const SettingSpec& spec : SettingTable()) {
    const std::string assignment =
        fmt::format("{} = {}", spec.name, DisplayValue(spec, loaded.settings));
    out += fmt::format("{:<40}  # {}\n", assignment, loaded.origins.at(std::string(spec.name)));
  }
  return out;
}

std::string ShowJson(const LoadedSettings& loaded) {
  std::string out = "{";
  for (const SettingSpec& spec : SettingTable()) {
    if (out.size() > 1) out += ",";
    base::AppendJsonString(out, spec.name);
    out += ":{\"value\":";
    const std::string value = DisplayValue(spec, loaded.settings);
    const bool text = spec.type == SettingType::kText || spec.type == SettingType::kChoice;
    if (text || spec.secret) {
      base::AppendJsonString(out, value);
    } else {
      out += value;
    }
    out += ",\"origin\":";
    base::AppendJsonString(out, loaded.origins.at(std::string(spec.name)));
    out += "}";
  }
  return out + "}";
}

}  // namespace sluice::config

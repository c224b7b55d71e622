#include "control/profile_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/json.h"
#include "common/base/status.h"
#include "common/plan/yaml_reader.h"

namespace sluice::control {
namespace {

// As a block that says how far it is indented and keeps all line ends, for people to read.
std::string Block(std::string_view text) {
  // A block takes some control characters and odd line ends for others; a JSON text none.
  const auto plain = [](unsigned char c) { return c == '\n' || c == '\t' || c >= 0x20; };
  if (!std::all_of(text.begin(), text.end(), plain)) return base::JsonString(text) + "\n";
  std::string block = text.ends_with('\n') ? "|2+\n" : "|2-\n";
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) block += fmt::format("  {}", text.substr(0, end));
    block += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return block;
}

absl::StatusOr<controlpb::SaveProfileRequest> Read(const YAML::Node& root,
                                                   std::string_view origin) {
  const plan::YamlReader yaml{std::string(origin)};
  SLUICE_RETURN_IF_ERROR(
      yaml.CheckKeys(root, {"profile", "version", "saved_at", "columns", "mapping"}));
  controlpb::SaveProfileRequest request;
  if (!root["profile"] || !root["mapping"]) {
    return yaml.Error(root, "a profile needs 'profile', its name, and 'mapping'");
  }
  SLUICE_ASSIGN_OR_RETURN(*request.mutable_name(), yaml.Text(root["profile"], "profile"));
  SLUICE_ASSIGN_OR_RETURN(*request.mutable_mapping(), yaml.Text(root["mapping"], "mapping"));
  request.set_mapping_name(fmt::format("{}: mapping", origin));
  if (!root["columns"]) return request;
  SLUICE_ASSIGN_OR_RETURN(const auto columns, yaml.Texts(root["columns"], "columns"));
  for (const std::string& column : columns) request.add_columns(column);
  return request;
}

}  // namespace

std::string FormatProfile(const controlpb::Profile& profile) {
  std::string yaml = fmt::format("profile: {}\nversion: {}\n", base::JsonString(profile.name()),
                                 profile.version());
  if (!profile.columns().empty()) yaml += "columns:\n";
  for (const std::string& column : profile.columns()) {
    yaml += fmt::format("  - {}\n", base::JsonString(column));
  }
  return yaml + "mapping: " + Block(profile.mapping());
}

absl::StatusOr<controlpb::SaveProfileRequest> ParseProfile(std::string_view yaml,
                                                           std::string_view origin) {
  SLUICE_ASSIGN_OR_RETURN(const YAML::Node root, plan::YamlReader::Parse(yaml, origin));
  try {
    return Read(root, origin);
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}:{}: {}", origin, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

}  // namespace sluice::control

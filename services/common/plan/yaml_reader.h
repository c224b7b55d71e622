// Strict reading of YAML files: unknown and repeated keys, wrong types and wrong values are errors
// that name file, line and column. Thread-compatible.
#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::plan {

class YamlReader {
 public:
  // `origin` is what messages call the text: a file name.
  static absl::StatusOr<YAML::Node> Parse(std::string_view text, std::string_view origin);

  explicit YamlReader(std::string origin) : origin_(std::move(origin)) {}

  // InvalidArgument "origin:line:column: message".
  absl::Status Error(const YAML::Node& at, std::string_view message) const;
  // The node is a map whose keys are all among `known`, each once.
  absl::Status CheckKeys(const YAML::Node& map,
                         std::initializer_list<std::string_view> known) const;
  absl::StatusOr<std::string> Text(const YAML::Node& node, std::string_view what) const;
  // A region that phone numbers can be of.
  absl::StatusOr<std::string> Region(const YAML::Node& node) const;
  absl::StatusOr<bool> Flag(const YAML::Node& node, std::string_view what) const;
  absl::StatusOr<uint32_t> Number(const YAML::Node& node, std::string_view what) const;
  // A list of texts, or one text alone.
  absl::StatusOr<std::vector<std::string>> Texts(const YAML::Node& node,
                                                 std::string_view what) const;

 private:
  const std::string origin_;
};

}  // namespace sluice::plan

#include "common/plan/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/base/utf8.h"
#include "common/normalize/phone.h"

namespace sluice::plan {
namespace {

// YAML may be UTF-16 or UTF-32 with a mark, which the library reads.
bool HasWideMark(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
         text.starts_with(std::string_view("\0\0\xfe\xff", 4));
}

// yaml-cpp 0.7 makes one byte of the escapes \N and \_, which is no UTF-8 and may not go into a
// protobuf.
class IllFormedTexts : public YAML::EventHandler {
 public:
  static std::optional<YAML::Mark> Find(const std::string& text) {
    IllFormedTexts found;
    if (text.find("\\N") == std::string::npos && text.find("\\_") == std::string::npos) return {};
    std::istringstream in(text);
    YAML::Parser(in).HandleNextDocument(found);
    return found.where_;
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    if (base::FindIllFormedUtf8(value).has_value()) where_ = mark;
  }
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::optional<YAML::Mark> where_;
};

}  // namespace

absl::StatusOr<YAML::Node> YamlReader::Parse(std::string_view text, std::string_view origin) {
  const auto ill = HasWideMark(text) ? std::nullopt : base::FindIllFormedUtf8(text);
  if (ill.has_value()) {
    const std::string_view before = text.substr(0, *ill);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: not UTF-8: save the file in this encoding", origin, line));
  }
  try {
    const std::string yaml(text);
    YAML::Node root = YAML::Load(yaml);
    if (const auto mark = IllFormedTexts::Find(yaml)) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}:{}: the escapes \\N and \\_ are not read: use \\u0085 and \\u00a0",
                      origin, mark->line + 1, mark->column + 1));
    }
    return root;
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(fmt::format("{}:{}:{}: not valid YAML: {}", origin,
                                                  e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

absl::Status YamlReader::Error(const YAML::Node& at, std::string_view message) const {
  const YAML::Mark mark = at.Mark();
  if (mark.is_null()) return absl::InvalidArgumentError(fmt::format("{}: {}", origin_, message));
  return absl::InvalidArgumentError(
      fmt::format("{}:{}:{}: {}", origin_, mark.line + 1, mark.column + 1, message));
}

absl::Status YamlReader::CheckKeys(const YAML::Node& map,
                                   std::initializer_list<std::string_view> known) const {
  if (!map.IsMap()) return Error(map, "expected a map of settings here");
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) return Error(entry.first, "a key must be plain text");
    const std::string& key = entry.first.Scalar();
    if (!seen.insert(key).second) return Error(entry.first, fmt::format("'{}' stands twice", key));
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    return Error(entry.first, fmt::format("unknown key '{}'{}; known here: {}", key,
                                          base::DidYouMean(key, names), fmt::join(names, ", ")));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> YamlReader::Text(const YAML::Node& node, std::string_view what) const {
  if (!node.IsScalar()) return Error(node, fmt::format("{} must be a text", what));
  return node.Scalar();
}

absl::StatusOr<std::string> YamlReader::Region(const YAML::Node& node) const {
  SLUICE_ASSIGN_OR_RETURN(std::string region, Text(node, "region"));
  if (normalize::PhoneNormalizer::IsKnownRegion(region)) return region;
  return Error(node, fmt::format("'{}' is no ISO 3166 region, as CN or US", region));
}

absl::StatusOr<bool> YamlReader::Flag(const YAML::Node& node, std::string_view what) const {
  bool value = false;
  if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
    return Error(node, fmt::format("{} must be on or off", what));
  }
  return value;
}

absl::StatusOr<uint32_t> YamlReader::Number(const YAML::Node& node, std::string_view what) const {
  uint32_t value = 0;
  if (!node.IsScalar() || !YAML::convert<uint32_t>::decode(node, value)) {
    return Error(node, fmt::format("{} must be a whole number", what));
  }
  return value;
}

absl::StatusOr<std::vector<std::string>> YamlReader::Texts(const YAML::Node& node,
                                                           std::string_view what) const {
  std::vector<std::string> texts;
  if (node.IsScalar()) {
    texts.push_back(node.Scalar());
    return texts;
  }
  if (!node.IsSequence()) return Error(node, fmt::format("{} must be a list of texts", what));
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return Error(item, fmt::format("{} must be a list of texts", what));
    texts.push_back(item.Scalar());
  }
  return texts;
}

}  // namespace sluice::plan

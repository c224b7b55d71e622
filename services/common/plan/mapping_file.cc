#include "common/plan/mapping_file.h"

#include <fmt/format.h>

#include <array>

#include "common/base/status.h"
#include "common/normalize/repair.h"
#include "common/plan/yaml_reader.h"

namespace sluice::plan {
namespace {

template <typename Value, size_t kCount>
using Words = std::array<std::pair<std::string_view, Value>, kCount>;

constexpr Words<planpb::WritePolicy, 3> kWriteWords = {
    {{"overwrite", planpb::WRITE_POLICY_OVERWRITE},
     {"fill", planpb::WRITE_POLICY_FILL},
     {"never", planpb::WRITE_POLICY_NEVER}}};
constexpr Words<planpb::BlankPolicy, 2> kBlankWords = {
    {{"keep", planpb::BLANK_POLICY_KEEP}, {"clear", planpb::BLANK_POLICY_CLEAR}}};
constexpr Words<planpb::DateOrder, 3> kDateWords = {{{"dmy", planpb::DATE_ORDER_DMY},
                                                     {"mdy", planpb::DATE_ORDER_MDY},
                                                     {"ymd", planpb::DATE_ORDER_YMD}}};

class MappingParser {
 public:
  explicit MappingParser(std::string_view origin) : yaml_(std::string(origin)) {}

  absl::Status Parse(const YAML::Node& root, MappingFile& mapping) {
    if (root["sheets"]) return ParseSheets(root, mapping);
    SLUICE_RETURN_IF_ERROR(
        yaml_.CheckKeys(root, {"dataset", "columns", "identity", "on_duplicate", "in_file",
                               "skip_when", "repairs", "unmapped", "region", "blank"}));
    return ParseBody(root, mapping);
  }

 private:
  absl::Status ParseSheets(const YAML::Node& root, MappingFile& mapping) {
    // What is said of all sheets is said in each: nobody has to know what would win.
    SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(root, {"sheets"}));
    if (!root["sheets"].IsSequence() || root["sheets"].size() == 0) {
      return yaml_.Error(root["sheets"], "sheets must be a list");
    }
    constexpr size_t kSheetsMax = 16;
    if (root["sheets"].size() > kSheetsMax) {
      return yaml_.Error(root["sheets"], "at most 16 sheets in one import");
    }
    for (const YAML::Node& node : root["sheets"]) {
      SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(
          node, {"sheet", "dataset", "columns", "identity", "on_duplicate", "in_file", "skip_when",
                 "repairs", "unmapped", "region", "blank"}));
      if (!node["sheet"] || !node["dataset"]) {
        return yaml_.Error(node, "an entry of sheets needs 'sheet' and 'dataset'");
      }
      MappingFile& part = mapping.sheets.emplace_back();
      part.origin = mapping.origin;
      SLUICE_ASSIGN_OR_RETURN(part.sheet, yaml_.Text(node["sheet"], "sheet"));
      SLUICE_RETURN_IF_ERROR(ParseBody(node, part));
    }
    return absl::OkStatus();
  }

  absl::Status ParseBody(const YAML::Node& root, MappingFile& mapping) {
    if (root["dataset"]) {
      SLUICE_ASSIGN_OR_RETURN(mapping.dataset, yaml_.Text(root["dataset"], "dataset"));
    }
    if (root["region"]) {
      SLUICE_ASSIGN_OR_RETURN(mapping.region, yaml_.Region(root["region"]));
    }
    if (root["columns"] && !root["columns"].IsSequence()) {
      return yaml_.Error(root["columns"], "columns must be a list");
    }
    for (const YAML::Node& node : root["columns"]) {
      SLUICE_RETURN_IF_ERROR(ParseColumn(node, mapping.columns.emplace_back()));
    }
    if (root["identity"] && !root["identity"].IsSequence()) {
      return yaml_.Error(root["identity"], "identity must be a list of lists of fields");
    }
    for (const YAML::Node& node : root["identity"]) {
      SLUICE_ASSIGN_OR_RETURN(auto rule, yaml_.Texts(node, "an identity rule"));
      if (rule.empty()) return yaml_.Error(node, "an identity rule needs a field");
      mapping.identity.push_back(std::move(rule));
    }
    SLUICE_RETURN_IF_ERROR(ParsePolicies(root, mapping));
    return ParseRepairs(root["repairs"], mapping);
  }

  // One of a few words, where the key is given.
  template <typename Value, size_t kCount>
  absl::Status Choose(const YAML::Node& map, const std::string& key,
                      const Words<Value, kCount>& words, Value& value) const {
    const YAML::Node node = map[key];
    if (!node) return absl::OkStatus();
    std::string names;
    for (const auto& [word, meant] : words) {
      if (node.IsScalar() && node.Scalar() == word) {
        value = meant;
        return absl::OkStatus();
      }
      const bool last = word == words.back().first;
      names += fmt::format("{}{}", names.empty() ? "" : last ? " or " : ", ", word);
    }
    return yaml_.Error(node, fmt::format("{} is {}", key, names));
  }

  absl::Status ParseColumnPolicies(const YAML::Node& node, MappedColumn& column) const {
    SLUICE_RETURN_IF_ERROR(Choose(node, "write", kWriteWords, column.write));
    SLUICE_RETURN_IF_ERROR(Choose(node, "blank", kBlankWords, column.blank));
    SLUICE_RETURN_IF_ERROR(Choose(node, "dates", kDateWords, column.dates));
    const bool keeps =
        column.write == planpb::WRITE_POLICY_FILL || column.write == planpb::WRITE_POLICY_NEVER;
    if (keeps && column.blank == planpb::BLANK_POLICY_CLEAR) {
      return yaml_.Error(node["blank"], "blank: clear needs write: overwrite");
    }
    return absl::OkStatus();
  }

  absl::Status ParsePolicies(const YAML::Node& root, MappingFile& mapping) {
    SLUICE_RETURN_IF_ERROR(Choose(root, "blank", kBlankWords, mapping.blank));
    if (root["on_duplicate"]) {
      mapping.on_duplicate = OnDuplicateByName(root["on_duplicate"].Scalar());
      if (!mapping.on_duplicate.has_value()) {
        return yaml_.Error(root["on_duplicate"], "on_duplicate is update, fill, skip or create");
      }
    }
    if (root["in_file"]) {
      mapping.in_file = InFileByName(root["in_file"].Scalar());
      if (!mapping.in_file.has_value()) {
        return yaml_.Error(root["in_file"], "in_file is merge, first or last");
      }
    }
    if (root["skip_when"]) {
      SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(root["skip_when"], {"blank"}));
      if (root["skip_when"]["blank"]) {
        SLUICE_ASSIGN_OR_RETURN(mapping.skip_when_blank,
                                yaml_.Texts(root["skip_when"]["blank"], "blank"));
      }
    }
    if (root["unmapped"]) {
      const std::string& policy = root["unmapped"].Scalar();
      if (policy != "custom" && policy != "ignore") {
        return yaml_.Error(root["unmapped"], "unmapped is custom or ignore");
      }
      mapping.unmapped_to_custom = policy == "custom";
    }
    return absl::OkStatus();
  }

  absl::Status ParseRepairs(const YAML::Node& repairs, MappingFile& mapping) {
    if (!repairs) return absl::OkStatus();
    if (!repairs.IsMap()) return yaml_.Error(repairs, "repairs is a map of names to on or off");
    for (const auto& entry : repairs) {
      const std::string& name = entry.first.Scalar();
      if (!normalize::RepairByName(name).has_value()) {
        return yaml_.Error(entry.first, fmt::format("there is no repair '{}'", name));
      }
      SLUICE_ASSIGN_OR_RETURN(const bool on, yaml_.Flag(entry.second, name));
      if (!on) mapping.repairs_off.push_back(name);
    }
    return absl::OkStatus();
  }

  absl::Status ParseColumn(const YAML::Node& node, MappedColumn& column) {
    SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(
        node, {"from", "constant", "expression", "to", "region", "values", "unknown", "default",
               "on_unfit", "join", "part", "split", "write", "blank", "dates", "match", "create"}));
    column.place = fmt::format("{}:{}", node.Mark().line + 1, node.Mark().column + 1);
    if (!node["to"]) return yaml_.Error(node, "a column needs 'to'");
    const int sources = static_cast<int>(node["from"].IsDefined()) +
                        static_cast<int>(node["constant"].IsDefined()) +
                        static_cast<int>(node["expression"].IsDefined());
    if (sources != 1) {
      return yaml_.Error(node, "a column needs one of 'from', 'constant' and 'expression'");
    }
    SLUICE_ASSIGN_OR_RETURN(column.to, yaml_.Text(node["to"], "to"));
    if (node["from"]) {
      SLUICE_ASSIGN_OR_RETURN(column.from, yaml_.Texts(node["from"], "from"));
      if (column.from.empty()) return yaml_.Error(node["from"], "from needs a header");
    } else if (node["constant"]) {
      SLUICE_ASSIGN_OR_RETURN(column.constant, yaml_.Text(node["constant"], "constant"));
    } else {
      SLUICE_ASSIGN_OR_RETURN(column.expression, yaml_.Text(node["expression"], "expression"));
    }
    SLUICE_RETURN_IF_ERROR(ParseParts(node, column));
    SLUICE_RETURN_IF_ERROR(ParseColumnPolicies(node, column));
    if (node["region"]) {
      SLUICE_ASSIGN_OR_RETURN(column.region, yaml_.Region(node["region"]));
    }
    if (node["default"]) {
      SLUICE_ASSIGN_OR_RETURN(column.default_value, yaml_.Text(node["default"], "default"));
    }
    SLUICE_RETURN_IF_ERROR(ParseReference(node, column));
    return ParseValues(node, column);
  }

  absl::Status ParseReference(const YAML::Node& node, MappedColumn& column) {
    if (node["match"]) {
      SLUICE_ASSIGN_OR_RETURN(column.match, yaml_.Texts(node["match"], "match"));
      if (column.match.empty()) return yaml_.Error(node["match"], "match needs a field");
    }
    if (node["create"]) {
      const std::string& when = node["create"].Scalar();
      if (when != "once" && when != "never") {
        return yaml_.Error(node["create"], "create is once or never");
      }
      column.create =
          when == "once" ? planpb::REFERENCE_CREATE_ONCE : planpb::REFERENCE_CREATE_NEVER;
    }
    return absl::OkStatus();
  }

  // join, part and split: what becomes of the values of 'from'.
  absl::Status ParseParts(const YAML::Node& node, MappedColumn& column) {
    const int ways = static_cast<int>(node["join"].IsDefined()) +
                     static_cast<int>(node["part"].IsDefined()) +
                     static_cast<int>(node["split"].IsDefined());
    if (ways == 0) return absl::OkStatus();
    if (ways > 1 || !node["from"]) {
      return yaml_.Error(node, "join, part and split: one of them, and with 'from'");
    }
    if (node["join"]) {
      if (!node["join"].IsScalar()) return yaml_.Error(node["join"], "join must be a text");
      column.join = node["join"].Scalar();
      return absl::OkStatus();
    }
    planpb::Part& part = column.part.emplace();
    if (node["part"]) {
      const std::string& name = node["part"].Scalar();
      if (name != "family_name" && name != "given_name") {
        return yaml_.Error(node["part"], "part is family_name or given_name");
      }
      part.set_name(name == "family_name" ? planpb::NAME_PART_FAMILY : planpb::NAME_PART_GIVEN);
      return absl::OkStatus();
    }
    SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(node["split"], {"by", "take"}));
    if (!node["split"]["by"] || !node["split"]["take"]) {
      return yaml_.Error(node["split"], "split needs 'by' and 'take'");
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string by, yaml_.Text(node["split"]["by"], "by"));
    if (by.empty()) return yaml_.Error(node["split"]["by"], "by must not be empty");
    const int take = node["split"]["take"].as<int>(0);
    constexpr int kMost = 1000;
    if (take == 0 || take > kMost || take < -kMost) {
      return yaml_.Error(node["split"]["take"], "take is 1, 2, ... or, from the end, -1, -2, ...");
    }
    part.mutable_split()->set_separator(by);
    part.mutable_split()->set_number(take);
    return absl::OkStatus();
  }

  absl::Status ParseValues(const YAML::Node& node, MappedColumn& column) {
    if (node["values"]) {
      if (!node["values"].IsMap()) return yaml_.Error(node["values"], "values must be a map");
      for (const auto& entry : node["values"]) {
        SLUICE_ASSIGN_OR_RETURN(const std::string from, yaml_.Text(entry.first, "a value"));
        SLUICE_ASSIGN_OR_RETURN(const std::string to, yaml_.Text(entry.second, "a value"));
        if (!column.values.emplace(from, to).second) {
          return yaml_.Error(entry.first, fmt::format("'{}' stands twice", from));
        }
      }
    }
    if (node["unknown"]) {
      const std::string& policy = node["unknown"].Scalar();
      if (policy == "reject") {
        column.unknown = planpb::UNKNOWN_OPTION_REJECT;
      } else if (policy == "keep") {
        column.unknown = planpb::UNKNOWN_OPTION_KEEP;
      } else if (policy == "default") {
        column.unknown = planpb::UNKNOWN_OPTION_DEFAULT;
      } else if (policy == "drop") {
        column.unknown = planpb::UNKNOWN_OPTION_DROP;
      } else {
        return yaml_.Error(node["unknown"], "unknown is reject, keep, default or drop");
      }
      if (column.unknown == planpb::UNKNOWN_OPTION_DEFAULT && column.default_value.empty()) {
        return yaml_.Error(node, "unknown: default needs 'default'");
      }
    }
    if (node["on_unfit"]) {
      const std::string& policy = node["on_unfit"].Scalar();
      if (policy != "keep" && policy != "drop") {
        return yaml_.Error(node["on_unfit"], "on_unfit is keep or drop");
      }
      column.on_unfit = policy == "keep" ? planpb::ON_UNFIT_KEEP : planpb::ON_UNFIT_DROP;
    }
    return absl::OkStatus();
  }

  const YamlReader yaml_;
};

}  // namespace

absl::StatusOr<MappingFile> ParseMapping(std::string_view yaml, std::string_view origin) {
  SLUICE_ASSIGN_OR_RETURN(const YAML::Node root, YamlReader::Parse(yaml, origin));
  MappingFile mapping;
  mapping.origin = origin;
  try {
    SLUICE_RETURN_IF_ERROR(MappingParser(origin).Parse(root, mapping));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}:{}: {}", origin, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
  return mapping;
}

std::optional<planpb::OnDuplicate> OnDuplicateByName(std::string_view name) {
  if (name == "update") return planpb::ON_DUPLICATE_UPDATE;
  if (name == "fill") return planpb::ON_DUPLICATE_FILL;
  if (name == "skip") return planpb::ON_DUPLICATE_SKIP;
  if (name == "create") return planpb::ON_DUPLICATE_CREATE;
  return std::nullopt;
}

std::string_view DateOrderName(planpb::DateOrder order) {
  for (const auto& [word, meant] : kDateWords) {
    if (meant == order) return word;
  }
  return "";
}

std::optional<planpb::InFile> InFileByName(std::string_view name) {
  if (name == "merge") return planpb::IN_FILE_MERGE;
  if (name == "first") return planpb::IN_FILE_FIRST;
  if (name == "last") return planpb::IN_FILE_LAST;
  return std::nullopt;
}

}  // namespace sluice::plan

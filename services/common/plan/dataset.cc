#include "common/plan/dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "common/base/byte_source.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/plan/builtin_datasets.h"
#include "common/plan/yaml_reader.h"

namespace sluice::plan {
namespace {

struct NamedType {
  std::string_view name;
  planpb::FieldType type;
};

constexpr NamedType kTypes[] = {{"text", planpb::FIELD_TYPE_TEXT},
                                {"long_text", planpb::FIELD_TYPE_LONG_TEXT},
                                {"email", planpb::FIELD_TYPE_EMAIL},
                                {"phone", planpb::FIELD_TYPE_PHONE},
                                {"url", planpb::FIELD_TYPE_URL},
                                {"integer", planpb::FIELD_TYPE_INTEGER},
                                {"decimal", planpb::FIELD_TYPE_DECIMAL},
                                {"currency", planpb::FIELD_TYPE_CURRENCY},
                                {"boolean", planpb::FIELD_TYPE_BOOLEAN},
                                {"date", planpb::FIELD_TYPE_DATE},
                                {"datetime", planpb::FIELD_TYPE_DATETIME},
                                {"picklist", planpb::FIELD_TYPE_PICKLIST},
                                {"reference", planpb::FIELD_TYPE_REFERENCE},
                                {"domain", planpb::FIELD_TYPE_DOMAIN}};

// Names become columns of SQL tables: letters, digits and underscores only.
bool IsIdentifier(std::string_view name) {
  if (name.empty() || name.size() > 63 || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class DatasetParser {
 public:
  explicit DatasetParser(std::string_view origin) : yaml_(std::string(origin)) {}

  absl::Status Parse(const YAML::Node& root, planpb::Dataset& dataset) {
    SLUICE_RETURN_IF_ERROR(
        yaml_.CheckKeys(root, {"name", "label", "region", "identity", "fields"}));
    if (!root["name"] || !root["fields"]) {
      return yaml_.Error(root, "a dataset needs 'name' and 'fields'");
    }
    SLUICE_ASSIGN_OR_RETURN(*dataset.mutable_name(), yaml_.Text(root["name"], "name"));
    if (!IsIdentifier(dataset.name()) || dataset.name().starts_with("sluice")) {
      return yaml_.Error(root["name"],
                         "a dataset's name has lower-case letters, digits and underscores, and "
                         "does not start with 'sluice'");
    }
    SLUICE_RETURN_IF_ERROR(
        Labels(root["label"], dataset.mutable_label_zh(), dataset.mutable_label_en()));
    dataset.set_region("CN");
    if (root["region"]) {
      SLUICE_ASSIGN_OR_RETURN(*dataset.mutable_region(), yaml_.Region(root["region"]));
    }
    for (const YAML::Node& node : root["fields"]) {
      SLUICE_RETURN_IF_ERROR(ParseField(node, *dataset.add_fields()));
    }
    for (const YAML::Node& node : root["identity"]) {
      SLUICE_ASSIGN_OR_RETURN(const auto fields, yaml_.Texts(node, "an identity rule"));
      planpb::IdentityRule& rule = *dataset.add_identity();
      for (const std::string& field : fields) {
        if (!FieldIndex(dataset, field).has_value()) {
          return yaml_.Error(node, fmt::format("no field '{}'", field));
        }
        rule.add_fields(field);
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Labels(const YAML::Node& node, std::string* zh, std::string* en) {
    if (!node) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(node, {"zh", "en"}));
    if (node["zh"]) *zh = node["zh"].Scalar();
    if (node["en"]) *en = node["en"].Scalar();
    return absl::OkStatus();
  }

  absl::Status ParseField(const YAML::Node& node, planpb::Field& field) {
    SLUICE_RETURN_IF_ERROR(
        yaml_.CheckKeys(node, {"name", "type", "label", "aliases", "required", "length", "options",
                               "on_unfit", "reference", "unique", "derived_from"}));
    if (!node["name"] || !node["type"]) return yaml_.Error(node, "a field needs 'name' and 'type'");
    SLUICE_ASSIGN_OR_RETURN(*field.mutable_name(), yaml_.Text(node["name"], "name"));
    if (!IsIdentifier(field.name()) || field.name() == "id" || field.name() == "custom") {
      return yaml_.Error(node["name"],
                         "a field's name has lower-case letters, digits and underscores, and is "
                         "neither 'id' nor 'custom'");
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string type, yaml_.Text(node["type"], "type"));
    const auto known = TypeByName(type);
    if (!known.has_value()) return yaml_.Error(node["type"], fmt::format("no type '{}'", type));
    field.set_type(*known);
    SLUICE_RETURN_IF_ERROR(
        Labels(node["label"], field.mutable_label_zh(), field.mutable_label_en()));
    if (node["aliases"]) {
      SLUICE_ASSIGN_OR_RETURN(const auto aliases, yaml_.Texts(node["aliases"], "aliases"));
      for (const std::string& alias : aliases) field.add_aliases(alias);
    }
    if (node["required"]) {
      SLUICE_ASSIGN_OR_RETURN(const bool required, yaml_.Flag(node["required"], "required"));
      field.set_required(required);
    }
    if (node["unique"]) {
      SLUICE_ASSIGN_OR_RETURN(const bool unique, yaml_.Flag(node["unique"], "unique"));
      field.set_unique(unique);
    }
    if (node["length"]) {
      SLUICE_ASSIGN_OR_RETURN(const uint32_t length, yaml_.Number(node["length"], "length"));
      field.set_length_max(length);
    }
    if (node["reference"]) {
      SLUICE_ASSIGN_OR_RETURN(*field.mutable_reference(),
                              yaml_.Text(node["reference"], "reference"));
    }
    if (node["derived_from"]) {
      SLUICE_ASSIGN_OR_RETURN(*field.mutable_derived_from(),
                              yaml_.Text(node["derived_from"], "derived_from"));
    }
    return ParseUnfitAndOptions(node, field);
  }

  absl::Status ParseUnfitAndOptions(const YAML::Node& node, planpb::Field& field) {
    const bool keeps_by_default = field.type() == planpb::FIELD_TYPE_PHONE ||
                                  field.type() == planpb::FIELD_TYPE_EMAIL ||
                                  field.type() == planpb::FIELD_TYPE_REFERENCE;
    field.set_on_unfit(keeps_by_default ? planpb::ON_UNFIT_KEEP : planpb::ON_UNFIT_DROP);
    if (node["on_unfit"]) {
      SLUICE_ASSIGN_OR_RETURN(const std::string policy, yaml_.Text(node["on_unfit"], "on_unfit"));
      if (policy != "keep" && policy != "drop") {
        return yaml_.Error(node["on_unfit"], "on_unfit is keep or drop");
      }
      field.set_on_unfit(policy == "keep" ? planpb::ON_UNFIT_KEEP : planpb::ON_UNFIT_DROP);
    }
    for (const YAML::Node& option : node["options"]) {
      planpb::PicklistOption& added = *field.add_options();
      if (option.IsScalar()) {
        added.set_value(option.Scalar());
        continue;
      }
      SLUICE_RETURN_IF_ERROR(yaml_.CheckKeys(option, {"value", "labels"}));
      if (!option["value"]) return yaml_.Error(option, "an option needs 'value'");
      added.set_value(option["value"].Scalar());
      if (!option["labels"]) continue;
      SLUICE_ASSIGN_OR_RETURN(const auto labels, yaml_.Texts(option["labels"], "labels"));
      for (const std::string& label : labels) added.add_labels(label);
    }
    if (field.type() == planpb::FIELD_TYPE_PICKLIST && field.options().empty()) {
      return yaml_.Error(node, "a picklist needs 'options'");
    }
    return absl::OkStatus();
  }

  const YamlReader yaml_;
};

// Names of the user's own dataset files.
std::set<std::string> OwnDatasets(const std::string& directory) {
  std::set<std::string> names;
  std::error_code error;
  // A folder that is missing or cannot be read holds none.
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    const std::filesystem::path& path = file->path();
    if (path.extension() == ".yaml" && IsIdentifier(path.stem().string())) {
      names.insert(path.stem().string());
    }
  }
  return names;
}

}  // namespace

absl::StatusOr<planpb::Dataset> ParseDataset(std::string_view yaml, std::string_view origin) {
  SLUICE_ASSIGN_OR_RETURN(const YAML::Node root, YamlReader::Parse(yaml, origin));
  planpb::Dataset dataset;
  SLUICE_RETURN_IF_ERROR(DatasetParser(origin).Parse(root, dataset));
  return dataset;
}

absl::StatusOr<planpb::Dataset> FindDataset(std::string_view name, const std::string& directory) {
  std::set<std::string> own = OwnDatasets(directory);
  if (own.contains(std::string(name))) {
    const std::string path = fmt::format("{}/{}.yaml", directory, name);
    SLUICE_ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
    return ParseDataset(text, path);
  }
  std::vector<std::string> known;
  for (const BuiltinDataset& builtin : BuiltinDatasets()) {
    if (builtin.name == name) return ParseDataset(builtin.yaml, name);
    known.emplace_back(builtin.name);
    own.erase(known.back());
  }
  known.insert(known.end(), own.begin(), own.end());
  return absl::NotFoundError(fmt::format("there is no dataset '{}'{}; there are {}", name,
                                         base::DidYouMean(name, known), fmt::join(known, ", ")));
}

absl::StatusOr<std::vector<planpb::Dataset>> FindReferences(const planpb::Dataset& dataset,
                                                            const std::string& directory) {
  std::vector<planpb::Dataset> targets;
  for (const planpb::Field& field : dataset.fields()) {
    if (field.type() != planpb::FIELD_TYPE_REFERENCE || field.reference().empty()) continue;
    const bool known = std::any_of(targets.begin(), targets.end(), [&](const auto& target) {
      return target.name() == field.reference();
    });
    if (known) continue;
    auto target = FindDataset(field.reference(), directory);
    if (!target.ok()) {
      return base::Annotate(target.status(),
                            fmt::format("{}: reference of '{}'", dataset.name(), field.name()));
    }
    targets.push_back(*std::move(target));
  }
  return targets;
}

std::optional<uint32_t> FieldIndex(const planpb::Dataset& dataset, std::string_view name) {
  for (int i = 0; i < dataset.fields_size(); ++i) {
    if (dataset.fields(i).name() == name) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

std::vector<std::string> FieldNames(const planpb::Dataset& dataset) {
  std::vector<std::string> names;
  for (const planpb::Field& field : dataset.fields()) names.push_back(field.name());
  return names;
}

std::string_view TypeName(planpb::FieldType type) {
  for (const NamedType& named : kTypes) {
    if (named.type == type) return named.name;
  }
  return "text";
}

std::optional<planpb::FieldType> TypeByName(std::string_view name) {
  for (const NamedType& named : kTypes) {
    if (named.name == name) return named.type;
  }
  return std::nullopt;
}

}  // namespace sluice::plan

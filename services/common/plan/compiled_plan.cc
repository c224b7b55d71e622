#include "common/plan/compiled_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/expression/expression.h"
#include "common/formats/result_columns.h"
#include "common/plan/date_order.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::plan {
namespace {

bool Combines(const planpb::ColumnMapping& mapping) {
  return mapping.has_join() || mapping.has_part() || !mapping.expression().empty();
}

// Entries with one target have one policy.
absl::Status JoinPolicy(const planpb::ColumnMapping& mapping, TargetPolicy& policy) {
  if (policy.write != planpb::WRITE_POLICY_UNSPECIFIED &&
      mapping.write() != planpb::WRITE_POLICY_UNSPECIFIED && policy.write != mapping.write()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its entries say different things at 'write'", mapping.to()));
  }
  if (policy.blank != planpb::BLANK_POLICY_UNSPECIFIED &&
      mapping.blank() != planpb::BLANK_POLICY_UNSPECIFIED && policy.blank != mapping.blank()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its entries say different things at 'blank'", mapping.to()));
  }
  if (mapping.write() != planpb::WRITE_POLICY_UNSPECIFIED) policy.write = mapping.write();
  if (mapping.blank() != planpb::BLANK_POLICY_UNSPECIFIED) policy.blank = mapping.blank();
  return absl::OkStatus();
}

// What a value is looked up by when nobody says it.
std::vector<std::string> UsualMatch(const planpb::Dataset& dataset) {
  std::vector<std::string> match;
  for (const char* name : {"external_id", "domain", "name"}) {
    if (FieldIndex(dataset, name).has_value()) match.emplace_back(name);
  }
  return match;
}

absl::StatusOr<ReferenceField> ReferenceOf(const planpb::ColumnMapping& mapping,
                                           const planpb::Field& field,
                                           const planpb::Dataset& dataset) {
  ReferenceField reference;
  std::vector<std::string> match(mapping.match().begin(), mapping.match().end());
  if (match.empty()) match = UsualMatch(dataset);
  for (const std::string& name : match) {
    const auto key = FieldIndex(dataset, name);
    if (!key.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("match of '{}': {} has no field '{}'", field.name(), dataset.name(), name));
    }
    reference.match.push_back(*key);
  }
  if (match.empty()) {
    return absl::InvalidArgumentError(fmt::format("'{}' needs match: the fields of {} to look for",
                                                  field.name(), dataset.name()));
  }
  const bool complete = std::all_of(
      dataset.fields().begin(), dataset.fields().end(), [&](const planpb::Field& required) {
        return !required.required() ||
               std::find(match.begin(), match.end(), required.name()) != match.end();
      });
  reference.create = mapping.create() == planpb::REFERENCE_CREATE_ONCE ||
                     (mapping.create() == planpb::REFERENCE_CREATE_UNSPECIFIED && complete);
  if (reference.create && !complete) {
    return absl::InvalidArgumentError(
        fmt::format("'{}': create: once needs the required fields of {} in match", field.name(),
                    dataset.name()));
  }
  return reference;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CompiledPlan>> CompiledPlan::Compile(
    planpb::Plan plan, const base::HashKey& key) {
  std::shared_ptr<CompiledPlan> compiled(new CompiledPlan(std::move(plan), key));
  SLUICE_RETURN_IF_ERROR(compiled->Resolve());
  SLUICE_RETURN_IF_ERROR(compiled->CompileParts());
  return std::shared_ptr<const CompiledPlan>(std::move(compiled));
}

absl::Status CompiledPlan::Resolve() {
  for (const std::string& name : plan_.repairs_off()) {
    const auto repair = normalize::RepairByName(name);
    if (!repair.has_value()) {
      return absl::InvalidArgumentError(fmt::format("there is no repair '{}'", name));
    }
    disabled_.Add(*repair);
  }
  columns_.resize(plan_.source().columns_size());
  for (const planpb::ColumnMapping& mapping : plan_.columns()) {
    SLUICE_RETURN_IF_ERROR(ResolveColumn(mapping));
  }
  ResolveUnmapped();
  ResolveSeen();
  ResolvePolicies();
  std::sort(fields_.begin(), fields_.end(),
            [](const FieldTarget& a, const FieldTarget& b) { return a.field < b.field; });
  std::sort(custom_.begin(), custom_.end(),
            [](const CustomTarget& a, const CustomTarget& b) { return a.name < b.name; });
  const planpb::Dataset& dataset = plan_.dataset();
  for (int i = 0; i < dataset.fields_size(); ++i) {
    if (!dataset.fields(i).required()) continue;
    const auto field = static_cast<uint32_t>(i);
    required_.push_back(field);
    if (std::none_of(fields_.begin(), fields_.end(),
                     [field](const FieldTarget& target) { return target.field == field; })) {
      return spreadsheet::Refuse(
          spreadsheet::Refusal::kNoColumn,
          fmt::format("no column for the required field '{}' ({}) of {}", dataset.fields(i).name(),
                      dataset.fields(i).label_zh(), dataset.name()));
    }
  }
  for (const std::string& name : plan_.skip_when().blank()) {
    const auto field = FieldIndex(dataset, name);
    if (!field.has_value()) {
      return absl::InvalidArgumentError(fmt::format("skip_when: no field '{}'", name));
    }
    skip_when_blank_.push_back(*field);
  }
  return ResolveIdentity();
}

absl::Status CompiledPlan::CompileParts() {
  std::vector<std::string> datasets = {plan_.dataset().name()};
  const auto shared = [&](const std::string& name) {
    int parts = plan_.dataset().name() == name ? 1 : 0;
    for (const planpb::Plan& part : plan_.parts()) parts += part.dataset().name() == name ? 1 : 0;
    return parts > 1;
  };
  shares_dataset_ = shared(plan_.dataset().name());
  for (const planpb::Plan& described : plan_.parts()) {
    planpb::Plan part = described;
    part.set_import_id(plan_.import_id());
    part.set_revision(plan_.revision());
    part.set_sequence(plan_.sequence());
    part.set_sink(plan_.sink());
    part.set_partitions(plan_.partitions());
    part.set_row_bytes_max(plan_.row_bytes_max());
    part.set_whole_on_one_partition(plan_.whole_on_one_partition());
    std::shared_ptr<CompiledPlan> compiled(new CompiledPlan(std::move(part), key_));
    const absl::Status resolved = compiled->Resolve();
    if (!resolved.ok()) return base::Annotate(resolved, described.source().sheet());
    compiled->part_ = static_cast<uint32_t>(datasets.size());
    const std::string& name = described.dataset().name();
    const auto first = std::find(datasets.begin(), datasets.end(), name);
    compiled->dataset_part_ = static_cast<uint32_t>(first - datasets.begin());
    compiled->shares_dataset_ = shared(name);
    datasets.push_back(name);
    parts_.push_back(std::move(compiled));
  }
  return absl::OkStatus();
}

std::shared_ptr<const CompiledPlan> PartOf(const std::shared_ptr<const CompiledPlan>& plan,
                                           uint32_t part) {
  if (plan == nullptr || part == 0) return plan;
  return part <= plan->parts().size() ? plan->parts()[part - 1] : nullptr;
}

absl::Status CompiledPlan::ResolveReference(const planpb::ColumnMapping& mapping, uint32_t index) {
  const planpb::Field& field = plan_.dataset().fields(static_cast<int>(index));
  const bool asks = mapping.match_size() > 0 || mapping.create() != 0;
  int target = 0;
  while (target < plan_.references_size() && plan_.references(target).name() != field.reference()) {
    ++target;
  }
  if (field.reference().empty() || target == plan_.references_size()) {
    if (!asks) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("match and create are for references, and '{}' is none", field.name()));
  }
  // Of several entries for one field the first says how it refers.
  if (std::any_of(references_.begin(), references_.end(),
                  [&](const ReferenceField& known) { return known.field == index; })) {
    return absl::OkStatus();
  }
  const planpb::Dataset& dataset = plan_.references(target);
  SLUICE_ASSIGN_OR_RETURN(ReferenceField reference, ReferenceOf(mapping, field, dataset));
  reference.field = index;
  reference.target = target;
  const planpb::OnUnfit on_unfit =
      mapping.on_unfit() != planpb::ON_UNFIT_UNSPECIFIED ? mapping.on_unfit() : field.on_unfit();
  reference.keep_unfit = on_unfit == planpb::ON_UNFIT_KEEP;
  references_.push_back(std::move(reference));
  // A record has room for that many rows it creates.
  constexpr size_t kReferencesMax = 7;
  if (references_.size() <= kReferencesMax) return absl::OkStatus();
  return absl::InvalidArgumentError("at most 7 fields of a record can be references");
}

absl::Status CompiledPlan::ResolveIdentity() {
  identity_columns_.assign(columns_.size(), false);
  for (const planpb::IdentityRule& rule : plan_.identity()) {
    std::vector<uint32_t>& fields = identity_.emplace_back();
    for (const std::string& name : rule.fields()) {
      const auto field = FieldIndex(plan_.dataset(), name);
      if (!field.has_value()) {
        return absl::InvalidArgumentError(
            fmt::format("identity: no field '{}' in {}", name, plan_.dataset().name()));
      }
      fields.push_back(*field);
      for (const FieldTarget& target : fields_) {
        if (target.field != *field) continue;
        for (const TargetSource& source : target.sources) {
          for (const uint32_t column : source.columns) identity_columns_[column] = true;
        }
      }
    }
  }
  return absl::OkStatus();
}

CellSpec CompiledPlan::SpecFor(const planpb::ColumnMapping& mapping,
                               const planpb::Field* field) const {
  CellSpec spec;
  spec.field = mapping.to();
  spec.disabled = disabled_;
  // Values of a map are looked up in the text as it stands; the type is checked behind the map.
  // So is a domain, whose column may hold addresses that another field needs whole.
  const bool mapped_values = !mapping.values().empty() || Combines(mapping) ||
                             (field != nullptr && field->type() == planpb::FIELD_TYPE_DOMAIN);
  if (field == nullptr) {
    spec.type = mapped_values ? planpb::FIELD_TYPE_TEXT : planpb::FIELD_TYPE_LONG_TEXT;
    return spec;
  }
  spec.type = mapped_values ? planpb::FIELD_TYPE_TEXT : field->type();
  spec.region = mapping.region().empty() ? plan_.dataset().region() : mapping.region();
  spec.length_max = field->length_max();
  const planpb::OnUnfit on_unfit =
      mapping.on_unfit() != planpb::ON_UNFIT_UNSPECIFIED ? mapping.on_unfit() : field->on_unfit();
  spec.dates = OrderOf(mapping.dates());
  spec.keep_unfit = on_unfit == planpb::ON_UNFIT_KEEP;
  spec.options.assign(field->options().begin(), field->options().end());
  return spec;
}

absl::StatusOr<std::string> CompiledPlan::NormalForm(CellNormalizer& normalizer,
                                                     std::string_view value) const {
  std::vector<Issue> issues;
  const CellResult result = normalizer.Normalize(value, issues);
  if (result.value.empty() && !value.empty()) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no {} (for {})", value,
                                                  TypeName(normalizer.spec().type),
                                                  normalizer.spec().field));
  }
  return std::string(result.value);
}

absl::Status CompiledPlan::ResolveExpression(TargetSource& source) {
  if (source.expression.empty()) return absl::OkStatus();
  const std::vector<std::string> names(plan_.source().columns().begin(),
                                       plan_.source().columns().end());
  const auto compiled = expression::Expression::Compile(source.expression, names);
  if (!compiled.ok()) return base::Annotate(compiled.status(), "expression");
  // It may look at any: all are cleaned, as text where nothing else asks for them.
  for (uint32_t column = 0; column < columns_.size(); ++column) source.columns.push_back(column);
  return absl::OkStatus();
}

absl::Status CompiledPlan::ResolveColumn(const planpb::ColumnMapping& mapping) {
  const bool custom = mapping.to().starts_with(kCustomPrefix);
  const planpb::Field* field = nullptr;
  uint32_t index = 0;
  if (!custom) {
    const auto found = FieldIndex(plan_.dataset(), mapping.to());
    if (!found.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("{} has no field '{}'", plan_.dataset().name(), mapping.to()));
    }
    index = *found;
    field = &plan_.dataset().fields(static_cast<int>(index));
  }
  if (mapping.dates() != planpb::DATE_ORDER_UNSPECIFIED &&
      (field == nullptr || !IsDate(field->type()))) {
    return absl::InvalidArgumentError(fmt::format(
        "{} is no field of type date or datetime: 'dates' says nothing there", mapping.to()));
  }
  const CellSpec spec = SpecFor(mapping, field);
  TargetSource source;
  source.unknown = mapping.unknown();
  source.keep_unfit = spec.keep_unfit;
  for (const uint32_t column : mapping.from()) {
    if (column >= columns_.size()) return absl::InvalidArgumentError("no such column");
    source.columns.push_back(column);
    // A column that feeds several targets takes the kind of the first.
    if (!columns_[column].has_value()) columns_[column] = spec;
  }
  CellSpec target_spec = spec;
  if (field != nullptr) target_spec.type = field->type();
  if (mapping.has_join()) source.join = mapping.join();
  if (mapping.has_part()) source.part = mapping.part();
  source.expression = mapping.expression();
  SLUICE_RETURN_IF_ERROR(ResolveExpression(source));
  const bool domain = field != nullptr && field->type() == planpb::FIELD_TYPE_DOMAIN;
  if (field != nullptr && (!mapping.values().empty() || source.combines() || domain)) {
    source.form = target_spec;
  }
  CellNormalizer target_form(target_spec);
  CellNormalizer text_form(spec);
  SLUICE_ASSIGN_OR_RETURN(source.constant, NormalForm(target_form, mapping.constant()));
  SLUICE_ASSIGN_OR_RETURN(source.default_value, NormalForm(target_form, mapping.default_value()));
  for (const auto& [from, to] : mapping.values()) {
    SLUICE_ASSIGN_OR_RETURN(const std::string key, NormalForm(text_form, from));
    SLUICE_ASSIGN_OR_RETURN(source.values[key], NormalForm(target_form, to));
  }
  if (custom) {
    const std::string name(mapping.to().substr(kCustomPrefix.size()));
    auto target = std::find_if(custom_.begin(), custom_.end(),
                               [&](const CustomTarget& t) { return t.name == name; });
    if (target == custom_.end()) target = custom_.insert(target, CustomTarget{name, {}, {}});
    target->sources.push_back(std::move(source));
    return JoinPolicy(mapping, target->policy);
  }
  auto target = std::find_if(fields_.begin(), fields_.end(),
                             [&](const FieldTarget& t) { return t.field == index; });
  SLUICE_RETURN_IF_ERROR(ResolveReference(mapping, index));
  if (target == fields_.end()) {
    target = fields_.insert(target,
                            FieldTarget{index, {}, std::string(kUnfitPrefix) + field->name(), {}});
  }
  target->sources.push_back(std::move(source));
  return JoinPolicy(mapping, target->policy);
}

CellSpec CompiledPlan::TextSpec(size_t column) const {
  CellSpec spec;
  spec.type = planpb::FIELD_TYPE_LONG_TEXT;
  spec.field = plan_.source().columns(static_cast<int>(column));
  spec.disabled = disabled_;
  return spec;
}

std::string CompiledPlan::ExtraName(size_t index) const {
  const std::string base = fmt::format("column_{}", index + 1);
  std::string name = base;
  const auto taken = [&](const CustomTarget& target) { return target.name == name; };
  for (int n = 2; std::any_of(custom_.begin(), custom_.end(), taken); ++n) {
    name = fmt::format("{}_{}", base, n);
  }
  return name;
}

void CompiledPlan::ResolveUnmapped() {
  if (!plan_.unmapped_to_custom()) return;
  const std::vector<std::string> names(plan_.source().columns().begin(),
                                       plan_.source().columns().end());
  for (size_t column = 0; column < columns_.size(); ++column) {
    if (columns_[column].has_value() || formats::IsResultColumn(names, column)) continue;
    const std::string& name = plan_.source().columns(static_cast<int>(column));
    columns_[column] = TextSpec(column);
    TargetSource source;
    source.columns.push_back(static_cast<uint32_t>(column));
    const auto existing = std::find_if(custom_.begin(), custom_.end(),
                                       [&](const CustomTarget& t) { return t.name == name; });
    if (existing != custom_.end()) {
      existing->sources.push_back(std::move(source));
    } else {
      custom_.push_back(CustomTarget{name, {std::move(source)}, {}});
    }
  }
}

void CompiledPlan::ResolvePolicies() {
  const auto resolve = [&](TargetPolicy& policy) {
    if (policy.write == planpb::WRITE_POLICY_UNSPECIFIED) {
      policy.write = planpb::WRITE_POLICY_OVERWRITE;
    }
    if (policy.blank == planpb::BLANK_POLICY_UNSPECIFIED) policy.blank = plan_.blank();
    // A value that is only set where none is, is never cleared.
    if (policy.write != planpb::WRITE_POLICY_OVERWRITE) policy.blank = planpb::BLANK_POLICY_KEEP;
    clears_ = clears_ || policy.blank == planpb::BLANK_POLICY_CLEAR;
  };
  for (FieldTarget& target : fields_) resolve(target.policy);
  for (CustomTarget& target : custom_) resolve(target.policy);
}

void CompiledPlan::ResolveSeen() {
  const auto see = [&](const std::vector<TargetSource>& sources) {
    for (const TargetSource& source : sources) {
      if (source.expression.empty()) continue;
      for (const uint32_t column : source.columns) {
        if (!columns_[column].has_value()) columns_[column] = TextSpec(column);
      }
    }
  };
  for (const FieldTarget& target : fields_) see(target.sources);
  for (const CustomTarget& target : custom_) see(target.sources);
}

}  // namespace sluice::plan

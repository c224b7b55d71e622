#include "common/plan/compiled_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/expression/expression.h"
#include "common/formats/result_columns.h"
#include "common/plan/date_order.h"

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

}  // namespace

absl::StatusOr<std::shared_ptr<const CompiledPlan>> CompiledPlan::Compile(
    planpb::Plan plan, const base::HashKey& key) {
  std::shared_ptr<CompiledPlan> compiled(new CompiledPlan(std::move(plan), key));
  SLUICE_RETURN_IF_ERROR(compiled->Resolve());
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
      return absl::InvalidArgumentError(
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
  const bool mapped_values = !mapping.values().empty() || Combines(mapping);
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
  if (field != nullptr && (!mapping.values().empty() || source.combines())) {
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

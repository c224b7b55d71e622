#include "load/reference_resolver.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/plan/issue.h"
#include "load/stored_dataset.h"

namespace sluice::load {
namespace {

using plan::issue_code::kAmbiguousReference;
using plan::issue_code::kUnresolvedReference;

uint32_t AddRule(std::vector<uint32_t> fields, std::vector<KeyRule>& rules) {
  const auto known = std::find_if(rules.begin(), rules.end(),
                                  [&](const KeyRule& rule) { return rule.fields == fields; });
  const auto index = static_cast<uint32_t>(known - rules.begin());
  if (known == rules.end()) rules.push_back({std::move(fields)});
  return index;
}

}  // namespace

SinkDataset ReferenceResolver::TargetOf(const planpb::Dataset& dataset,
                                        const std::vector<uint32_t>& match) {
  SinkDataset target;
  target.dataset = dataset;
  for (const uint32_t key : match) AddRule({key}, target.rules);
  return target;
}

ReferenceResolver::ReferenceResolver(Sink& sink, std::shared_ptr<const plan::CompiledPlan> plan)
    : sink_(sink), plan_(std::move(plan)) {
  const planpb::Plan& described = plan_->plan();
  for (const plan::ReferenceField& reference : plan_->references()) {
    Field& field = fields_.emplace_back();
    field.reference = &reference;
    field.name = described.dataset().fields(static_cast<int>(reference.field)).name();
    field.unfit_name = std::string(plan::kUnfitPrefix) + field.name;
    const planpb::Dataset& meant = described.references(reference.target);
    // The same definition as when the dataset itself is imported, also where it is this one.
    field.target = TargetOf(meant.name() == described.dataset().name() ? StoredDataset(described)
                                                                       : StoredDataset(meant),
                            reference.match);
    for (uint32_t rule = 0; rule < reference.match.size(); ++rule) {
      const planpb::Field& key = meant.fields(static_cast<int>(reference.match[rule]));
      plan::CellSpec spec;
      spec.type = key.type();
      spec.field = key.name();
      spec.region = meant.region();
      spec.length_max = key.length_max();
      spec.options.assign(key.options().begin(), key.options().end());
      field.keys.push_back({reference.match[rule],
                            AddRule({reference.match[rule]}, field.target.rules),
                            std::make_unique<plan::CellNormalizer>(std::move(spec))});
    }
  }
  noted_ids_.resize(fields_.size());
}

std::vector<SinkDataset> ReferenceResolver::Targets() const {
  std::vector<SinkDataset> targets;
  for (const Field& field : fields_) targets.push_back(field.target);
  return targets;
}

std::string_view ReferenceResolver::FormOf(const Key& key, std::string_view text) {
  issues_.clear();
  return key.form->Normalize(text, issues_).value;
}

void ReferenceResolver::Note(const record::MappedRecordView& record) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    for (const record::FieldValue& value : record.fields) {
      if (value.field != fields_[i].reference->field) continue;
      for (const Key& key : fields_[i].keys) {
        const std::string_view form = FormOf(key, value.value);
        if (form.empty()) continue;
        noted_.push_back({i, key.rule, noted_values_.size()});
        noted_values_.emplace_back(form);
      }
      if (!fields_[i].reference->create) continue;
      noted_ids_[i].push_back(RowIdFor(plan_->plan().sequence(), record.header.ordinal) +
                              static_cast<RowId>(i) + 1);
    }
  }
}

absl::Status ReferenceResolver::Announce() {
  std::vector<std::string_view> values(noted_values_.begin(), noted_values_.end());
  absl::Status status;
  for (size_t i = 0; i < fields_.size() && status.ok(); ++i) {
    std::vector<KeyProbe> probes;
    for (const Noted& noted : noted_) {
      if (noted.field == i) probes.push_back({noted.rule, std::span(&values[noted.value], 1)});
    }
    if (!probes.empty()) status = sink_.Expect(fields_[i].target, probes, noted_ids_[i]);
    noted_ids_[i].clear();
  }
  noted_.clear();
  noted_values_.clear();
  return status;
}

absl::Status ReferenceResolver::Look(Field& field, std::string_view text) {
  for (const Key& key : field.keys) {
    found_.clear();
    const std::string_view value = FormOf(key, text);
    if (value.empty()) continue;
    SLUICE_RETURN_IF_ERROR(
        sink_.FindCandidates(field.target, {key.rule, std::span(&value, 1)}, ids_));
    for (const RowId id : ids_) {
      SLUICE_ASSIGN_OR_RETURN(const auto row, sink_.ReadRow(field.target, id));
      if (row.has_value() && row->fields[key.field] == value) found_.push_back(id);
    }
    if (!found_.empty()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<const record::MappedRecordView*> ReferenceResolver::Resolve(
    const record::MappedRecordView& record, pipeline::ResultBuilder& result) {
  resolved_ = record;
  for (size_t i = 0; i < fields_.size(); ++i) {
    Field& field = fields_[i];
    field.pending = false;
    const auto value = std::find_if(
        resolved_.fields.begin(), resolved_.fields.end(),
        [&](const record::FieldValue& given) { return given.field == field.reference->field; });
    if (value == resolved_.fields.end()) continue;
    SLUICE_RETURN_IF_ERROR(ResolveField(i, value->value, result));
    if (field.id.empty()) {
      resolved_.fields.erase(value);
      Keep(field);
    } else {
      value->value = field.id;
    }
  }
  return &resolved_;
}

absl::Status ReferenceResolver::ResolveField(size_t index, std::string_view text,
                                             pipeline::ResultBuilder& result) {
  Field& field = fields_[index];
  field.text = text;
  field.id.clear();
  SLUICE_RETURN_IF_ERROR(Look(field, text));
  if (found_.size() == 1) {
    field.id = fmt::format("{}", found_[0]);
    return absl::OkStatus();
  }
  if (found_.empty() && field.reference->create && CanCreate(field)) {
    field.pending = true;
    field.id = fmt::format("{}", RowIdFor(plan_->plan().sequence(), resolved_.header.ordinal) +
                                     static_cast<RowId>(index) + 1);
    return absl::OkStatus();
  }
  result.AddIssue(resolved_.header.row, found_.empty() ? kUnresolvedReference : kAmbiguousReference,
                  field.name, text, {});
  return absl::OkStatus();
}

planpb::FieldType ReferenceResolver::TypeOf(const Field& field, const Key& key) {
  return field.target.dataset.fields(static_cast<int>(key.field)).type();
}

bool ReferenceResolver::CanCreate(Field& field) {
  return std::all_of(field.keys.begin(), field.keys.end(), [&](const Key& key) {
    return !field.target.dataset.fields(static_cast<int>(key.field)).required() ||
           !FormOf(key, field.text).empty();
  });
}

void ReferenceResolver::Keep(const Field& field) {
  if (!field.reference->keep_unfit) return;
  const auto at = std::lower_bound(
      resolved_.custom.begin(), resolved_.custom.end(), field.unfit_name,
      [](const record::CustomValue& custom, std::string_view name) { return custom.name < name; });
  resolved_.custom.insert(at, {field.unfit_name, field.text});
}

bool ReferenceResolver::IsPending(uint32_t field) const {
  return std::any_of(fields_.begin(), fields_.end(), [field](const Field& known) {
    return known.pending && known.reference->field == field;
  });
}

std::vector<std::string> ReferenceResolver::StubOf(const Field& field) {
  std::vector<std::string> values(static_cast<size_t>(field.target.dataset.fields_size()));
  // A text that reads as a domain is no name: all that lead to the domain create the same row,
  // whichever comes first.
  std::string text = field.text;
  for (const Key& key : field.keys) {
    if (TypeOf(field, key) != planpb::FIELD_TYPE_DOMAIN) continue;
    values[key.field] = FormOf(key, field.text);
    if (!values[key.field].empty()) text = values[key.field];
  }
  for (const Key& key : field.keys) {
    const planpb::Field& meant = field.target.dataset.fields(static_cast<int>(key.field));
    if (meant.required() && values[key.field].empty()) values[key.field] = FormOf(key, text);
  }
  return values;
}

std::string_view ReferenceResolver::TextOf(uint32_t field) const {
  for (const Field& known : fields_) {
    if (known.reference->field == field) return known.text;
  }
  return {};
}

absl::StatusOr<std::string_view> ReferenceResolver::Create(uint32_t index,
                                                           pipeline::ResultBuilder& result) {
  const auto at = std::find_if(fields_.begin(), fields_.end(), [index](const Field& known) {
    return known.reference->field == index;
  });
  Field& field = *at;
  const std::vector<std::string> values = StubOf(field);
  const std::vector<std::string_view> views(values.begin(), values.end());
  NewRow row;
  row.id = RowIdFor(plan_->plan().sequence(), resolved_.header.ordinal) +
           static_cast<RowId>(at - fields_.begin()) + 1;
  row.source_row = resolved_.header.row;
  row.fields = views;
  SLUICE_ASSIGN_OR_RETURN(const RowId id,
                          sink_.Insert(field.target, row, plan_->plan().sequence()));
  field.id = fmt::format("{}", id);
  field.pending = false;
  for (record::FieldValue& value : resolved_.fields) {
    if (value.field == index) value.value = field.id;
  }
  result.CountCreatedReference(1);
  return std::string_view(field.id);
}

}  // namespace sluice::load

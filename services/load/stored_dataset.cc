#include "load/stored_dataset.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "common/plan/plan_parts.h"

namespace sluice::load {
namespace {

planpb::Dataset Stored(const planpb::Dataset& dataset,
                       const std::function<bool(const planpb::Field&)>& is_reference) {
  planpb::Dataset stored = dataset;
  // What a mapping may say otherwise, and no table depends on.
  stored.clear_region();
  stored.clear_identity();
  for (planpb::Field& field : *stored.mutable_fields()) {
    if (field.type() != planpb::FIELD_TYPE_REFERENCE) continue;
    if (is_reference(field)) {
      field.set_name(field.name() + "_id");
    } else {
      field.set_type(planpb::FIELD_TYPE_TEXT);
    }
  }
  return stored;
}

}  // namespace

planpb::Dataset StoredDataset(const planpb::Plan& plan) {
  return Stored(plan.dataset(), [&](const planpb::Field& field) {
    return std::any_of(plan.references().begin(), plan.references().end(),
                       [&](const auto& target) { return target.name() == field.reference(); });
  });
}

planpb::Dataset StoredDataset(const planpb::Dataset& dataset) {
  return Stored(dataset, [](const planpb::Field& field) { return !field.reference().empty(); });
}

std::vector<planpb::Dataset> StoredDatasets(const planpb::Plan& plan) {
  std::vector<planpb::Dataset> datasets;
  const auto add = [&](planpb::Dataset dataset) {
    const bool known = std::any_of(datasets.begin(), datasets.end(), [&](const auto& other) {
      return other.name() == dataset.name();
    });
    if (!known) datasets.push_back(std::move(dataset));
  };
  for (const planpb::Plan* const part : plan::PartsOf(plan)) add(StoredDataset(*part));
  for (const planpb::Plan* const part : plan::PartsOf(plan)) {
    for (const planpb::ColumnMapping& column : part->columns()) {
      const auto field = plan::FieldIndex(part->dataset(), column.to());
      if (!field.has_value()) continue;
      const std::string& name = part->dataset().fields(static_cast<int>(*field)).reference();
      for (const planpb::Dataset& target : part->references()) {
        if (target.name() == name) add(StoredDataset(target));
      }
    }
  }
  return datasets;
}

}  // namespace sluice::load

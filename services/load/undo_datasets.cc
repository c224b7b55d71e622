#include "load/undo_datasets.h"

#include <algorithm>

#include "common/base/status.h"
#include "load/reference_resolver.h"

namespace sluice::load {
namespace {

void ViewsOf(const SinkRow& row, FieldViews& views) {
  for (const auto& value : row.fields) {
    views.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
}

}  // namespace

UndoDatasets::UndoDatasets(Sink& sink,
                           const std::vector<std::shared_ptr<const plan::CompiledPlan>>& parts) {
  // Sheets are read parents first.
  for (size_t i = parts.size(); i-- > 0;) {
    auto load_plan = std::make_unique<LoadPlan>(parts[i]);
    if (Find(load_plan->dataset.dataset.name()) != nullptr) continue;
    UndoDataset& dataset = datasets_.emplace_back();
    dataset.dataset = load_plan->dataset;
    dataset.part = static_cast<uint32_t>(i);
    dataset.matcher = std::make_unique<Matcher>(sink, *load_plan);
    dataset.plan = std::move(load_plan);
  }
  for (const auto& part : parts) {
    for (SinkDataset& target : ReferenceResolver(sink, part).Targets()) {
      if (Find(target.dataset.name()) != nullptr) continue;
      datasets_.emplace_back().dataset = std::move(target);
    }
  }
}

const UndoDataset* UndoDatasets::Find(std::string_view name) const {
  const auto found = std::find_if(datasets_.begin(), datasets_.end(), [&](const UndoDataset& d) {
    return d.dataset.dataset.name() == name;
  });
  return found == datasets_.end() ? nullptr : &*found;
}

absl::Status ExpectKeys(Sink& sink, const SinkDataset& dataset,
                        std::span<const SinkRow* const> rows) {
  std::vector<KeyProbe> probes;
  std::vector<std::vector<std::string_view>> values;
  for (const SinkRow* const row : rows) {
    for (uint32_t rule = 0; rule < dataset.rules.size(); ++rule) {
      std::vector<std::string_view> key;
      for (const uint32_t field : dataset.rules[rule].fields) {
        const auto& value = row->fields[field];
        if (!value.has_value() || value->empty()) break;
        key.push_back(*value);
      }
      if (key.size() != dataset.rules[rule].fields.size()) continue;
      values.push_back(std::move(key));
      probes.push_back({rule, {}});
    }
  }
  for (size_t i = 0; i < probes.size(); ++i) probes[i].values = values[i];
  return probes.empty() ? absl::OkStatus() : sink.Expect(dataset, probes, {});
}

absl::StatusOr<RowId> FindKeyHolder(const UndoDataset& dataset, RowId self,
                                    const std::optional<SinkRow>& before, const SinkRow& after) {
  if (dataset.matcher == nullptr) return RowId{0};
  FieldViews was;
  FieldViews becomes;
  if (before.has_value()) ViewsOf(*before, was);
  ViewsOf(after, becomes);
  const bool creates = dataset.plan->plan->plan().on_duplicate() == plan::v1::ON_DUPLICATE_CREATE;
  if (before.has_value() || !creates) was.resize(becomes.size());
  SLUICE_ASSIGN_OR_RETURN(const KeyHolder holder,
                          dataset.matcher->FindKeyHolder(self, was, becomes, creates));
  return holder.row;
}

}  // namespace sluice::load

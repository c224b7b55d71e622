#include "common/plan/row_cleaner.h"

#include <algorithm>

namespace sluice::plan {

RowCleaner::RowCleaner(std::shared_ptr<const CompiledPlan> plan, const std::vector<bool>* only)
    : plan_(std::move(plan)), partial_(only != nullptr) {
  const auto& specs = plan_->columns();
  columns_.resize(specs.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].has_value() || (only != nullptr && !(*only)[i])) continue;
    columns_[i] = std::make_unique<CellNormalizer>(*specs[i]);
  }
}

void RowCleaner::Clean(std::span<const std::string_view> texts,
                       std::vector<record::CleanCell>& cells, std::vector<Issue>& issues) {
  cells.clear();
  const size_t present = std::min(texts.size(), columns_.size());
  for (size_t i = 0; i < present; ++i) {
    if (columns_[i] == nullptr) {
      cells.emplace_back();
      continue;
    }
    const CellResult result = columns_[i]->Normalize(texts[i], issues);
    cells.push_back({result.value, result.unfit});
  }
  cells.resize(columns_.size());
  if (partial_) return;
  if (texts.size() < columns_.size()) {
    issues.push_back({issue_code::kShortRow, {}, {}, {}});
  } else if (texts.size() > columns_.size()) {
    CleanExtra(texts.subspan(columns_.size()), cells, issues);
  }
}

void RowCleaner::CleanExtra(std::span<const std::string_view> texts,
                            std::vector<record::CleanCell>& cells, std::vector<Issue>& issues) {
  const size_t issues_before = issues.size();
  bool any = false;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (extra_.size() <= i) {
      CellSpec spec;
      spec.type = planpb::FIELD_TYPE_LONG_TEXT;
      spec.field = plan_->ExtraName(columns_.size() + i);
      spec.disabled = plan_->disabled_repairs();
      extra_.push_back(std::make_unique<CellNormalizer>(std::move(spec)));
    }
    const CellResult result = extra_[i]->Normalize(texts[i], issues);
    any = any || !result.value.empty();
    cells.push_back({result.value, result.unfit});
  }
  if (!any) {
    // Trailing separators only: what Excel writes below the widest row.
    issues.resize(issues_before);
    cells.resize(columns_.size());
    return;
  }
  issues.push_back({issue_code::kLongRow, {}, {}, {}});
  if (!plan_->plan().unmapped_to_custom()) cells.resize(columns_.size());
}

}  // namespace sluice::plan

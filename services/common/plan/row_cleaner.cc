#include "common/plan/row_cleaner.h"

#include <algorithm>

#include "common/formats/row_reader.h"

namespace sluice::plan {
namespace {

// CellType of record.proto.
constexpr uint32_t kNumberCell = 1;
constexpr uint32_t kErrorCell = 6;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A whole number of more digits than a spreadsheet keeps: the last ones became zeros.
bool IsBeyondExactDigits(std::string_view text) {
  constexpr size_t kExactDigits = 15;
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > kExactDigits && std::all_of(text.begin(), text.end(), IsDigit);
}

// 1.38E+10: what a spreadsheet makes of a long number when it saves it as text.
bool IsScientific(std::string_view text) {
  const size_t power = text.find("E+");
  if (power == std::string_view::npos || power == 0 || text.size() > 32) return false;
  const std::string_view mantissa = text.substr(0, power);
  const std::string_view exponent = text.substr(power + 2);
  return IsDigit(mantissa[0]) && !exponent.empty() && mantissa.size() != 2 &&
         (mantissa.size() == 1 || mantissa[1] == '.') &&
         std::all_of(mantissa.begin() + std::min<long>(2, static_cast<long>(mantissa.size())),
                     mantissa.end(), IsDigit) &&
         std::all_of(exponent.begin(), exponent.end(), IsDigit);
}

// Types that a number is no value of, though it may look like one.
bool HoldsWords(planpb::FieldType type) {
  return type == planpb::FIELD_TYPE_TEXT || type == planpb::FIELD_TYPE_LONG_TEXT ||
         type == planpb::FIELD_TYPE_PHONE;
}

}  // namespace

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
    cells.push_back({result.value, result.unfit, result.withheld && plan_->clears()});
  }
  cells.resize(columns_.size(), {{}, {}, plan_->clears()});
  if (partial_) return;
  if (texts.size() < columns_.size()) {
    issues.push_back({issue_code::kShortRow, {}, {}, {}});
  } else if (texts.size() > columns_.size()) {
    CleanExtra(texts.subspan(columns_.size()), cells, issues);
  }
}

void RowCleaner::Withhold(std::span<const record::RawCell> raw,
                          std::vector<record::CleanCell>& cells) const {
  if (!plan_->clears()) return;
  for (size_t i = 0; i < raw.size() && i < columns_.size(); ++i) {
    if (raw[i].type == kErrorCell || raw[i].type == formats::kAbsentCell) cells[i].withheld = true;
  }
}

void RowCleaner::AddCellIssues(std::span<const record::RawCell> cells,
                               std::vector<Issue>& issues) const {
  for (size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
    const record::RawCell& cell = cells[i];
    if (columns_[i] == nullptr) continue;
    const CellSpec& spec = columns_[i]->spec();
    if (cell.type == kErrorCell) {
      const auto code = cell.raw.empty() ? issue_code::kNotComputed : issue_code::kErrorValue;
      issues.push_back({code, spec.field, cell.raw, {}});
    } else if (cell.type == kNumberCell && IsBeyondExactDigits(cell.text)) {
      issues.push_back({issue_code::kDigitsLost, spec.field, cell.raw, cell.text});
    } else if (cell.type == 0 && HoldsWords(spec.type) && IsScientific(cell.text)) {
      issues.push_back({issue_code::kScientificNotation, spec.field, cell.text, cell.text});
    }
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

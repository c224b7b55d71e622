#include "common/plan/row_mapper.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/text_part.h"
#include "common/base/wire.h"
#include "common/normalize/person_name.h"

namespace sluice::plan {
namespace {

void AppendCounted(std::string_view value, std::string& out) {
  base::WireWriter(out).RawVarint(value.size());
  out.append(value);
}

std::string_view PartOf(const planpb::Part& part, std::string_view text) {
  if (part.has_name()) {
    const normalize::PersonName name = normalize::SplitPersonName(text);
    return part.name() == planpb::NAME_PART_FAMILY ? name.family : name.given;
  }
  text = base::TextPart(text, part.split().separator(), part.split().number());
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view MappedRow::Field(uint32_t field) const {
  for (const record::FieldValue& value : fields) {
    if (value.field == field) return value.value;
  }
  return {};
}

RowMapper::RowMapper(std::shared_ptr<const CompiledPlan> plan) : plan_(std::move(plan)) {
  const auto& columns = plan_->plan().source().columns();
  const std::vector<std::string> names(columns.begin(), columns.end());
  const auto prepare = [&](const std::vector<TargetSource>& sources) {
    for (const TargetSource& source : sources) {
      if (source.form.has_value()) {
        forms_.emplace(&source, std::make_unique<CellNormalizer>(*source.form));
      }
      if (source.expression.empty()) continue;
      auto compiled = expression::Expression::Compile(source.expression, names);
      // The plan was compiled with it.
      SLUICE_CHECK(compiled.ok(), "an expression of a plan cannot be compiled");
      expressions_.emplace(&source, *std::move(compiled));
    }
  };
  for (const FieldTarget& target : plan_->fields()) prepare(target.sources);
  for (const CustomTarget& target : plan_->custom()) prepare(target.sources);
}

void RowMapper::Map(std::span<const record::CleanCell> cells, MappedRow& row,
                    std::vector<Issue>& issues) {
  row.fields.clear();
  row.custom.clear();
  row.cleared.Clear();
  row.refusal = {};
  row.refusal_field = {};
  row.skip = false;
  kept_ = 0;
  for (const FieldTarget& target : plan_->fields()) {
    const std::string& name = plan_->plan().dataset().fields(static_cast<int>(target.field)).name();
    const Picked picked = Pick(target.sources, cells, name, row, issues);
    if (!picked.value.empty()) {
      row.fields.push_back({target.field, picked.value});
    } else if (!picked.unfit.empty()) {
      row.custom.push_back({target.unfit_name, picked.unfit});
    } else if (!picked.withheld && target.policy.blank == planpb::BLANK_POLICY_CLEAR) {
      row.cleared.fields.push_back(target.field);
    }
  }
  const bool unsorted = !row.custom.empty() || cells.size() > plan_->columns().size();
  for (const CustomTarget& target : plan_->custom()) {
    const Picked picked = Pick(target.sources, cells, target.name, row, issues);
    if (!picked.value.empty()) {
      row.custom.push_back({target.name, picked.value});
    } else if (picked.unfit.empty() && !picked.withheld &&
               target.policy.blank == planpb::BLANK_POLICY_CLEAR) {
      row.cleared.custom.push_back(target.name);
    }
  }
  AddExtraCells(cells, row);
  if (unsorted) {
    std::sort(row.custom.begin(), row.custom.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  CheckRow(row);
}

RowMapper::Picked RowMapper::Pick(const std::vector<TargetSource>& sources,
                                  std::span<const record::CleanCell> cells, std::string_view field,
                                  MappedRow& row, std::vector<Issue>& issues) {
  Picked picked;
  for (const TargetSource& source : sources) {
    if (!source.constant.empty()) return {source.constant, {}};
    if (source.combines()) {
      const size_t issues_before = issues.size();
      const std::string_view text = Combine(source, cells, field, issues);
      picked.withheld = picked.withheld || !text.empty() || issues.size() > issues_before ||
                        Withheld(source, cells);
      if (!text.empty()) {
        const Picked found = Translate(source, text, field, row, issues);
        if (!found.value.empty()) return {found.value, {}};
        if (picked.unfit.empty()) picked.unfit = found.unfit;
      }
      if (!source.default_value.empty()) return {source.default_value, {}};
      continue;
    }
    for (const uint32_t column : source.columns) {
      if (column >= cells.size()) continue;
      Picked found{cells[column].value, cells[column].unfit};
      picked.withheld = picked.withheld || cells[column].withheld || !found.value.empty();
      if (!found.value.empty() && (!source.values.empty() || source.form.has_value())) {
        found = Translate(source, found.value, field, row, issues);
      }
      if (!found.value.empty()) return {found.value, {}};
      if (picked.unfit.empty()) picked.unfit = found.unfit;
    }
    if (!source.default_value.empty()) return {source.default_value, {}};
  }
  return picked;
}

bool RowMapper::Withheld(const TargetSource& source, std::span<const record::CleanCell> cells) {
  return std::any_of(source.columns.begin(), source.columns.end(), [&](uint32_t column) {
    if (column >= cells.size()) return true;
    const record::CleanCell& cell = cells[column];
    // An expression that gives nothing says so itself; a part that is not there says nothing.
    return cell.withheld || (source.expression.empty() && !cell.value.empty());
  });
}

std::string& RowMapper::Kept() {
  if (kept_ == kept_texts_.size()) kept_texts_.emplace_back();
  std::string& text = kept_texts_[kept_++];
  text.clear();
  return text;
}

std::string_view RowMapper::Combine(const TargetSource& source,
                                    std::span<const record::CleanCell> cells,
                                    std::string_view field, std::vector<Issue>& issues) {
  if (!source.expression.empty()) return Evaluate(source, cells, field, issues);
  if (source.join.has_value()) {
    std::string& joined = Kept();
    for (const uint32_t column : source.columns) {
      if (column >= cells.size() || cells[column].value.empty()) continue;
      if (!joined.empty()) joined += *source.join;
      joined += cells[column].value;
    }
    return joined;
  }
  for (const uint32_t column : source.columns) {
    if (column >= cells.size() || cells[column].value.empty()) continue;
    return PartOf(*source.part, cells[column].value);
  }
  return {};
}

std::string_view RowMapper::Evaluate(const TargetSource& source,
                                     std::span<const record::CleanCell> cells,
                                     std::string_view field, std::vector<Issue>& issues) {
  texts_.clear();
  for (const record::CleanCell& cell : cells) {
    texts_.push_back(cell.value.empty() ? cell.unfit : cell.value);
  }
  const auto answer = expressions_.at(&source)->Evaluate(texts_);
  if (answer.ok()) return Kept() = *answer;
  issues.push_back({issue_code::kExpressionFailed, field, {}, {}});
  return {};
}

RowMapper::Picked RowMapper::Translate(const TargetSource& source, std::string_view value,
                                       std::string_view field, MappedRow& row,
                                       std::vector<Issue>& issues) {
  if (!source.values.empty()) {
    const auto found = source.values.find(value);
    if (found != source.values.end()) return {found->second, {}};
  }
  switch (source.values.empty() ? planpb::UNKNOWN_OPTION_KEEP : source.unknown) {
    case planpb::UNKNOWN_OPTION_REJECT:
      row.refusal = issue_code::kUnknownOption;
      row.refusal_field = field;
      return {};
    case planpb::UNKNOWN_OPTION_DEFAULT:
      issues.push_back({issue_code::kUnknownOption, field, value, source.default_value});
      return {source.default_value, {}};
    case planpb::UNKNOWN_OPTION_DROP:
      issues.push_back({issue_code::kUnknownOption, field, value, {}});
      return {};
    default:
      break;
  }
  const auto form = forms_.find(&source);
  if (form == forms_.end()) return {value, {}};
  const CellResult kept = form->second->Normalize(value, issues);
  return {kept.value, kept.unfit};
}

void RowMapper::AddExtraCells(std::span<const record::CleanCell> cells, MappedRow& row) {
  const size_t columns = plan_->columns().size();
  for (size_t i = columns; i < cells.size(); ++i) {
    if (extra_names_.size() <= i - columns) {
      extra_names_.push_back(plan_->ExtraName(i));
    }
    if (!cells[i].value.empty()) row.custom.push_back({extra_names_[i - columns], cells[i].value});
  }
}

void RowMapper::CheckRow(MappedRow& row) const {
  if (!row.refusal.empty()) return;
  for (const uint32_t field : plan_->required()) {
    if (row.Field(field).empty()) {
      row.refusal = issue_code::kRequiredMissing;
      row.refusal_field = plan_->plan().dataset().fields(static_cast<int>(field)).name();
      return;
    }
  }
  for (const uint32_t field : plan_->skip_when_blank()) {
    if (row.Field(field).empty()) row.skip = true;
  }
}

Identity RowMapper::IdentityOf(const MappedRow& row) {
  Identity identity;
  for (uint32_t rule = 0; rule < plan_->identity().size(); ++rule) {
    hash_input_.clear();
    if (plan_->dataset_part() > 0) {
      // Another dataset: the same values are another record. No rule has this number.
      hash_input_.push_back('\xFF');
      hash_input_.push_back(static_cast<char>(plan_->dataset_part()));
    }
    hash_input_.push_back(static_cast<char>(rule));
    bool complete = true;
    for (const uint32_t field : plan_->identity()[rule]) {
      const std::string_view value = row.Field(field);
      complete = complete && !value.empty();
      AppendCounted(value, hash_input_);
    }
    if (!complete) continue;
    identity.complete = true;
    identity.rule = rule;
    identity.hash = base::KeyedHash(plan_->key(), hash_input_);
    return identity;
  }
  return identity;
}

base::Hash128 RowMapper::FingerprintOf(const MappedRow& row) {
  hash_input_.clear();
  for (const record::FieldValue& field : row.fields) {
    base::WireWriter(hash_input_).RawVarint(field.field + 1);
    AppendCounted(field.value, hash_input_);
  }
  hash_input_.push_back('\0');
  for (const record::CustomValue& custom : row.custom) {
    AppendCounted(custom.name, hash_input_);
    AppendCounted(custom.value, hash_input_);
  }
  return base::KeyedHash(plan_->key(), hash_input_);
}

}  // namespace sluice::plan

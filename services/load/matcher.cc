#include "load/matcher.h"

#include <algorithm>

#include "common/base/status.h"
#include "load/stored_dataset.h"

namespace sluice::load {
namespace {

std::string_view ValueOf(const SinkRow& row, uint32_t field) {
  return row.fields[field].has_value() ? std::string_view(*row.fields[field]) : std::string_view();
}

}  // namespace

LoadPlan::LoadPlan(std::shared_ptr<const plan::CompiledPlan> compiled) : plan(std::move(compiled)) {
  dataset.dataset = StoredDataset(plan->plan());
  for (const auto& rule : plan->identity()) dataset.rules.push_back({rule});
  identity_rules = dataset.rules.size();
  required_rule = identity_rules;
  if (!plan->required().empty()) dataset.rules.push_back({plan->required()});
  first_unique_rule = dataset.rules.size();
  for (int i = 0; i < dataset.dataset.fields_size(); ++i) {
    if (dataset.dataset.fields(i).unique()) dataset.rules.push_back({{static_cast<uint32_t>(i)}});
  }
  const auto keep = [&](const std::string& name, planpb::WritePolicy policy) {
    if (policy != planpb::WRITE_POLICY_OVERWRITE) write.emplace(name, policy);
  };
  for (const plan::FieldTarget& target : plan->fields()) {
    mapped_fields.push_back(target.field);
    keep(dataset.dataset.fields(static_cast<int>(target.field)).name(), target.policy.write);
    keep("custom." + target.unfit_name, target.policy.write);
  }
  for (const plan::CustomTarget& target : plan->custom()) {
    keep("custom." + target.name, target.policy.write);
  }
}

bool Matcher::LostField(size_t rule, const FieldViews& before, const FieldViews& after) const {
  const size_t stronger_end = std::min(rule, plan_.identity_rules);
  for (size_t stronger = 0; stronger < stronger_end; ++stronger) {
    for (const uint32_t field : plan_.dataset.rules[stronger].fields) {
      if (!before[field].empty() && after[field].empty()) return true;
    }
  }
  return false;
}

bool Matcher::Complete(size_t rule, const FieldViews& fields) {
  values_.clear();
  for (const uint32_t field : plan_.dataset.rules[rule].fields) {
    if (fields[field].empty()) return false;
    values_.push_back(fields[field]);
  }
  return true;
}

bool Matcher::Excluded(size_t rule, const FieldViews& fields, const SinkRow& row) const {
  const size_t stronger_end = std::min(rule, plan_.identity_rules);
  for (size_t stronger = 0; stronger < stronger_end; ++stronger) {
    for (const uint32_t field : plan_.dataset.rules[stronger].fields) {
      const std::string_view theirs = ValueOf(row, field);
      if (!theirs.empty() && !fields[field].empty() && theirs != fields[field]) return true;
    }
  }
  return false;
}

absl::Status Matcher::Holders(size_t rule, const FieldViews& fields, std::vector<SinkRow>& rows) {
  rows.clear();
  SLUICE_RETURN_IF_ERROR(
      sink_.FindCandidates(plan_.dataset, {static_cast<uint32_t>(rule), values_}, ids_));
  for (const RowId id : ids_) {
    SLUICE_ASSIGN_OR_RETURN(auto row, sink_.ReadRow(plan_.dataset, id));
    if (!row.has_value()) continue;
    const auto& key = plan_.dataset.rules[rule].fields;
    const bool holds = std::all_of(key.begin(), key.end(), [&](uint32_t field) {
      return ValueOf(*row, field) == fields[field];
    });
    if (holds) rows.push_back(std::move(*row));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Matcher::IsOwn(RowId id) {
  // Not by the id: a row put in by hand may have one of the import's, and the other way round.
  SLUICE_ASSIGN_OR_RETURN(const auto entry, sink_.ReadEntry(plan_.dataset, id, 1));
  return entry.has_value() && entry->kind == EntryKind::kCreated &&
         entry->import_sequence == plan_.plan->plan().sequence();
}

absl::Status Matcher::KeepOwn(std::vector<SinkRow>& rows) {
  size_t kept = 0;
  for (SinkRow& row : rows) {
    SLUICE_ASSIGN_OR_RETURN(const bool own, IsOwn(row.id));
    if (own && &rows[kept] != &row) rows[kept] = std::move(row);
    kept += own ? 1 : 0;
  }
  rows.resize(kept);
  return absl::OkStatus();
}

bool Matcher::AllMappedEqual(const FieldViews& fields, const SinkRow& row) const {
  return std::all_of(plan_.mapped_fields.begin(), plan_.mapped_fields.end(),
                     [&](uint32_t field) { return ValueOf(row, field) == fields[field]; });
}

absl::StatusOr<MatchResult> Matcher::Match(const FieldViews& fields, bool own_only) {
  MatchResult result;
  bool any_complete = false;
  for (size_t rule = 0; rule < plan_.identity_rules; ++rule) {
    if (!Complete(rule, fields)) continue;
    any_complete = true;
    SLUICE_RETURN_IF_ERROR(Holders(rule, fields, rows_));
    std::erase_if(rows_, [&](const SinkRow& row) { return Excluded(rule, fields, row); });
    if (own_only) SLUICE_RETURN_IF_ERROR(KeepOwn(rows_));
    if (rows_.empty()) continue;
    result.rule = rule;
    if (rows_.size() == 1) {
      result.kind = MatchResult::Kind::kOne;
      result.row = std::move(rows_[0]);
    } else {
      result.kind = MatchResult::Kind::kAmbiguous;
      // A person looks at them: thousands help nobody, and must fit a message.
      constexpr size_t kCandidatesMax = 1000;
      for (const SinkRow& row : rows_) {
        if (result.candidates.size() < kCandidatesMax) result.candidates.push_back(row.id);
      }
    }
    return result;
  }
  if (any_complete || plan_.required_rule == plan_.first_unique_rule ||
      !Complete(plan_.required_rule, fields)) {
    return result;
  }
  SLUICE_RETURN_IF_ERROR(Holders(plan_.required_rule, fields, rows_));
  if (own_only) SLUICE_RETURN_IF_ERROR(KeepOwn(rows_));
  for (SinkRow& row : rows_) {
    if (!AllMappedEqual(fields, row)) continue;
    // Several such rows are equal in all that counts here; the first stands for them.
    result.kind = MatchResult::Kind::kOne;
    result.rule = plan_.required_rule;
    result.row = std::move(row);
    return result;
  }
  return result;
}

absl::StatusOr<KeyHolder> Matcher::FindKeyHolder(RowId self, const FieldViews& before,
                                                 const FieldViews& after, bool own_only) {
  for (size_t rule = 0; rule < plan_.dataset.rules.size(); ++rule) {
    const bool unique = rule >= plan_.first_unique_rule;
    if (rule == plan_.required_rule && !unique) continue;
    if (before.empty() && !unique) continue;
    if (!before.empty()) {
      const auto& key = plan_.dataset.rules[rule].fields;
      const bool same = std::all_of(key.begin(), key.end(),
                                    [&](uint32_t field) { return before[field] == after[field]; });
      // What told two rows with the same key apart may be gone.
      if (same && (unique || !LostField(rule, before, after))) continue;
    }
    if (!Complete(rule, after)) continue;
    SLUICE_RETURN_IF_ERROR(Holders(rule, after, rows_));
    if (own_only && !unique) SLUICE_RETURN_IF_ERROR(KeepOwn(rows_));
    for (const SinkRow& row : rows_) {
      if (row.id == self) continue;
      if (unique || !Excluded(rule, after, row)) {
        return KeyHolder{row.id, plan_.dataset.rules[rule].fields.front()};
      }
    }
  }
  return KeyHolder{};
}

}  // namespace sluice::load

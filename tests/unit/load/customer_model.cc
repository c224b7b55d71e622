#include "tests/unit/load/customer_model.h"

#include <algorithm>

namespace sluice::load {
namespace {

constexpr size_t kRequired = 1;

std::string Token(const std::string& text) {
  return '"' + text + '"';
}

}  // namespace

std::string ModelRow::CustomText() const {
  if (!unreadable.empty()) return unreadable;
  std::string text;
  for (const auto& [key, token] : custom) {
    text += (text.empty() ? "{" : ",") + Token(key) + ":" + token;
  }
  return text.empty() ? text : text + "}";
}

ModelWrite ModelImport::PolicyOf(size_t field) const {
  const ModelWrite policy = plan_.write.at(field);
  return plan_.policy == ModelPolicy::kFill && policy == ModelWrite::kOverwrite ? ModelWrite::kFill
                                                                                : policy;
}

bool ModelImport::MayWrite(size_t field, bool was_blank) const {
  const ModelWrite policy = PolicyOf(field);
  return policy == ModelWrite::kOverwrite || (policy == ModelWrite::kFill && was_blank);
}

bool ModelImport::ToldApartNoMore(size_t rule, const ModelRow& before,
                                  const ModelRow& after) const {
  for (size_t stronger = 0; stronger < rule; ++stronger) {
    for (const size_t f : plan_.rules[stronger]) {
      if (!before.fields[f].empty() && after.fields[f].empty()) return true;
    }
  }
  return false;
}

bool ModelImport::Complete(const std::vector<size_t>& rule,
                           const std::array<std::string, kModelFields>& fields) const {
  return std::none_of(rule.begin(), rule.end(), [&](size_t f) { return fields[f].empty(); });
}

bool ModelImport::ToldApart(size_t rule, const std::array<std::string, kModelFields>& fields,
                            const ModelRow& row) const {
  for (size_t stronger = 0; stronger < std::min(rule, plan_.rules.size()); ++stronger) {
    for (const size_t f : plan_.rules[stronger]) {
      if (!fields[f].empty() && !row.fields[f].empty() && fields[f] != row.fields[f]) return true;
    }
  }
  return false;
}

std::vector<int64_t> ModelImport::Match(const ModelRecord& record) const {
  bool has_identity = false;
  const auto mine = [&](int64_t id) {
    return plan_.policy != ModelPolicy::kCreate || created_.contains(id);
  };
  for (size_t rule = 0; rule < plan_.rules.size(); ++rule) {
    if (!Complete(plan_.rules[rule], record.fields)) continue;
    has_identity = true;
    std::vector<int64_t> candidates;
    for (const auto& [id, row] : rows_) {
      const bool same = std::all_of(plan_.rules[rule].begin(), plan_.rules[rule].end(),
                                    [&](size_t f) { return row.fields[f] == record.fields[f]; });
      if (same && mine(id) && !ToldApart(rule, record.fields, row)) candidates.push_back(id);
    }
    if (!candidates.empty()) return candidates;
  }
  if (has_identity) return {};
  // Without an identity only a row that says the same in everything; the first of them stands.
  for (const auto& [id, row] : rows_) {
    if (mine(id) && row.fields == record.fields) return {id};
  }
  return {};
}

bool ModelImport::TakesAKey(int64_t id, const ModelRow& before, const ModelRow& after) const {
  const auto holds = [&](const std::vector<size_t>& key, const ModelRow& row) {
    return std::all_of(key.begin(), key.end(),
                       [&](size_t f) { return row.fields[f] == after.fields[f]; });
  };
  for (size_t rule = 0; rule < plan_.rules.size(); ++rule) {
    const auto& key = plan_.rules[rule];
    if (!Complete(key, after.fields)) continue;
    if (holds(key, before) && !ToldApartNoMore(rule, before, after)) continue;
    for (const auto& [other, row] : rows_) {
      if (other == id || !holds(key, row)) continue;
      if (plan_.policy == ModelPolicy::kCreate && !created_.contains(other)) continue;
      if (!ToldApart(rule, after.fields, row)) return true;
    }
  }
  if (!plan_.unique.has_value()) return false;
  const size_t unique = *plan_.unique;
  if (after.fields[unique].empty() || before.fields[unique] == after.fields[unique]) return false;
  return std::any_of(rows_.begin(), rows_.end(), [&](const auto& entry) {
    return entry.first != id && entry.second.fields[unique] == after.fields[unique];
  });
}

void ModelImport::Load(const ModelRecord& record) {
  const std::vector<int64_t> matches = Match(record);
  if (matches.size() > 1) {
    outcomes_[record.ordinal] = {ModelOutcome::kReview, "ambiguous_match"};
  } else if (matches.empty()) {
    Create(record);
  } else if (met_.contains(matches[0])) {
    MeetAgain(matches[0], record);
  } else {
    MeetFirst(matches[0], record);
  }
}

void ModelImport::Create(const ModelRecord& record) {
  if (plan_.unique.has_value() && !record.fields[*plan_.unique].empty()) {
    for (const auto& [id, row] : rows_) {
      if (row.fields[*plan_.unique] != record.fields[*plan_.unique]) continue;
      outcomes_[record.ordinal] = {ModelOutcome::kReview, "key_taken"};
      return;
    }
  }
  auto id = static_cast<int64_t>((plan_.sequence << 32) + record.ordinal * 8);
  if (rows_.contains(id)) id = std::max(rows_.rbegin()->first, history_) + 1;
  history_ = std::max(history_, id);
  ModelRow& row = rows_[id];
  row.fields = record.fields;
  if (!record.level.empty()) row.custom["level"] = Token(record.level);
  created_.insert(id);
  met_[id] = {record.ordinal, ModelOutcome::kAdded, record.fields, record.level, {}};
  outcomes_[record.ordinal] = {ModelOutcome::kAdded, ""};
}

bool ModelImport::Write(int64_t id, const ModelRow& after, const ModelRecord& record) {
  ModelRow& row = rows_[id];
  if (after == row) return true;
  if (TakesAKey(id, row, after)) {
    outcomes_[record.ordinal] = {ModelOutcome::kReview, "key_taken"};
    return false;
  }
  row = after;
  return true;
}

void ModelImport::MeetFirst(int64_t id, const ModelRecord& record) {
  const ModelRow before = rows_[id];
  if (plan_.policy == ModelPolicy::kSkip) {
    outcomes_[record.ordinal] = {ModelOutcome::kSkipped, "exists"};
    met_[id] = {record.ordinal, ModelOutcome::kSkipped, record.fields, record.level, before};
    return;
  }
  ModelRow after = before;
  for (size_t f = 0; f < kModelFields; ++f) {
    if (record.fields[f].empty() && !record.cleared.contains(f)) continue;
    if (MayWrite(f, before.fields[f].empty())) after.fields[f] = record.fields[f];
  }
  if (before.unreadable.empty() && MayWrite(kModelLevel, !before.custom.contains("level"))) {
    if (!record.level.empty()) after.custom["level"] = Token(record.level);
    if (record.cleared.contains(kModelLevel)) after.custom.erase("level");
  }
  if (!Write(id, after, record)) return;
  const auto outcome = after == before ? ModelOutcome::kUnchanged : ModelOutcome::kUpdated;
  outcomes_[record.ordinal] = {outcome, ""};
  met_[id] = {record.ordinal, outcome, record.fields, record.level, before};
}

void ModelImport::MeetAgain(int64_t id, const ModelRecord& record) {
  Acquaintance known = met_[id];
  const bool own = known.outcome == ModelOutcome::kAdded;
  const bool takes =
      plan_.in_file != ModelInFile::kFirst && known.outcome != ModelOutcome::kSkipped;
  const bool last = takes && plan_.in_file == ModelInFile::kLast;
  ModelRow after = rows_[id];
  int64_t conflicts = 0;
  const auto take = [&](size_t f, const std::string& value, std::string& given, bool was_blank) {
    if (!takes || value.empty()) return false;
    if (!last && !given.empty()) {
      conflicts += given != value ? 1 : 0;
      return false;
    }
    given = value;
    return own || MayWrite(f, was_blank);
  };
  for (size_t f = 0; f < kModelFields; ++f) {
    if (take(f, record.fields[f], known.given[f], known.original.fields[f].empty())) {
      after.fields[f] = record.fields[f];
    }
  }
  if (take(kModelLevel, record.level, known.given_level,
           !known.original.custom.contains("level")) &&
      after.unreadable.empty()) {
    after.custom["level"] = Token(record.level);
  }
  if (!Write(id, after, record)) return;
  conflicts_ += conflicts;
  if (!own && known.outcome != ModelOutcome::kSkipped) {
    known.outcome = after == known.original ? ModelOutcome::kUnchanged : ModelOutcome::kUpdated;
  }
  const auto [stands, code] = outcomes_[known.ordinal];
  outcomes_[record.ordinal] = {ModelOutcome::kSkipped, "duplicate_in_import"};
  if (last) std::swap(outcomes_[known.ordinal], outcomes_[record.ordinal]);
  if (last) known.ordinal = record.ordinal;
  outcomes_[known.ordinal] = {known.outcome, code};
  met_[id] = known;
}

}  // namespace sluice::load

#include "common/pipeline/result_builder.h"

namespace sluice::pipeline {

ResultBuilder::ResultBuilder(std::string_view import_id, uint32_t round, recordpb::Stage stage,
                             uint32_t partition) {
  result_.set_import_id(std::string(import_id));
  result_.set_round(round);
  result_.set_stage(stage);
  result_.set_partition(partition);
}

void ResultBuilder::Count(recordpb::Outcome outcome, int64_t by) {
  outcomes_[outcome] += by;
}

void ResultBuilder::CountIssue(std::string_view code, int64_t by) {
  for (auto& [known, count] : issues_) {
    if (known == code) {
      count += by;
      return;
    }
  }
  issues_.emplace_back(code, by);
}

recordpb::RowResult& ResultBuilder::AddRow(recordpb::Outcome outcome, uint64_t row,
                                           uint64_t ordinal, std::string_view code,
                                           std::string_view field) {
  Count(outcome);
  recordpb::RowResult& added = *result_.add_rows();
  added.set_row(row);
  added.set_ordinal(ordinal);
  added.set_outcome(outcome);
  added.set_code(code.data(), code.size());
  added.set_field(field.data(), field.size());
  return added;
}

recordpb::Issue& ResultBuilder::AddIssue(uint64_t row, std::string_view code,
                                         std::string_view field, std::string_view before,
                                         std::string_view after) {
  CountIssue(code);
  recordpb::Issue& issue = *result_.add_issues();
  issue.set_row(row);
  issue.set_code(code.data(), code.size());
  issue.set_field(field.data(), field.size());
  issue.set_before(before.data(), before.size());
  issue.set_after(after.data(), after.size());
  return issue;
}

bool ResultBuilder::empty() const {
  if (result_.ended() || result_.rows_size() > 0 || result_.issues_size() > 0 ||
      result_.rows_read() > 0 || !issues_.empty()) {
    return false;
  }
  for (const int64_t count : outcomes_) {
    if (count != 0) return false;
  }
  return true;
}

void ResultBuilder::AddCountsTo(recordpb::StageResult& totals) const {
  for (int outcome = 1; outcome < recordpb::Outcome_ARRAYSIZE; ++outcome) {
    if (outcomes_[outcome] == 0) continue;
    AddOutcome(totals, static_cast<recordpb::Outcome>(outcome), outcomes_[outcome]);
  }
  for (const auto& [code, by] : issues_) AddIssueCount(totals, code, by);
}

std::string ResultBuilder::Finish() {
  AddCountsTo(result_);
  return result_.SerializeAsString();
}

void AddOutcome(recordpb::StageResult& totals, recordpb::Outcome outcome, int64_t by) {
  for (recordpb::OutcomeCount& count : *totals.mutable_outcomes()) {
    if (count.outcome() != outcome) continue;
    count.set_count(count.count() + by);
    return;
  }
  recordpb::OutcomeCount& count = *totals.add_outcomes();
  count.set_outcome(outcome);
  count.set_count(by);
}

void AddIssueCount(recordpb::StageResult& totals, std::string_view code, int64_t by) {
  for (recordpb::IssueCount& count : *totals.mutable_issue_counts()) {
    if (count.code() != code) continue;
    count.set_count(count.count() + by);
    return;
  }
  recordpb::IssueCount& count = *totals.add_issue_counts();
  count.set_code(code.data(), code.size());
  count.set_count(by);
}

}  // namespace sluice::pipeline

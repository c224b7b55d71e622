#include "common/pipeline/result_builder.h"

#include <utility>

#include "common/pipeline/result_parts.h"

namespace sluice::pipeline {
namespace {

constexpr size_t kTextBytesMax = 64u << 10;
constexpr std::string_view kEllipsis = "…";

std::string Cut(std::string_view text) {
  if (text.size() <= kTextBytesMax) return std::string(text);
  size_t end = kTextBytesMax - kEllipsis.size();
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

}  // namespace

ResultBuilder::ResultBuilder(std::string_view import_id, uint32_t round, recordpb::Stage stage,
                             uint32_t partition) {
  result_.set_import_id(std::string(import_id));
  result_.set_round(round);
  result_.set_stage(stage);
  result_.set_partition(partition);
}

void ResultBuilder::Count(recordpb::Outcome outcome, int64_t by) {
  outcomes_[part_][outcome] += by;
  if (by > 0) last_ = outcome;
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
  recordpb::RowResult& added = NoteRow(outcome, row, ordinal);
  added.set_code(code.data(), code.size());
  added.set_field(Cut(field));
  return added;
}

recordpb::RowResult& ResultBuilder::NoteRow(recordpb::Outcome outcome, uint64_t row,
                                            uint64_t ordinal) {
  recordpb::RowResult& noted = *result_.add_rows();
  noted.set_row(row);
  noted.set_ordinal(ordinal);
  noted.set_outcome(outcome);
  noted.set_part(part_);
  return noted;
}

recordpb::RowResult ResultBuilder::TakeBackRow() {
  recordpb::RowResult row = std::move(*result_.mutable_rows()->rbegin());
  result_.mutable_rows()->RemoveLast();
  Count(row.outcome(), -1);
  return row;
}

recordpb::Issue& ResultBuilder::AddIssue(uint64_t row, std::string_view code,
                                         std::string_view field, std::string_view before,
                                         std::string_view after) {
  CountIssue(code);
  recordpb::Issue& issue = *result_.add_issues();
  issue.set_row(row);
  issue.set_code(code.data(), code.size());
  issue.set_field(Cut(field));
  issue.set_before(Cut(before));
  issue.set_after(Cut(after));
  issue.set_part(part_);
  return issue;
}

bool ResultBuilder::empty() const {
  if (result_.ended() || result_.rows_size() > 0 || result_.issues_size() > 0 ||
      result_.rows_read() > 0 || !issues_.empty() || created_references_ != 0 ||
      resubmitted_ != 0) {
    return false;
  }
  for (const Outcomes& part : outcomes_) {
    for (const int64_t count : part) {
      if (count != 0) return false;
    }
  }
  return true;
}

int64_t ResultBuilder::outcomes(recordpb::Outcome outcome) const {
  int64_t sum = 0;
  for (const Outcomes& part : outcomes_) sum += part[outcome];
  return sum;
}

void ResultBuilder::AddCountsTo(recordpb::StageResult& totals) const {
  for (uint32_t part = 0; part < outcomes_.size(); ++part) {
    for (int outcome = 1; outcome < recordpb::Outcome_ARRAYSIZE; ++outcome) {
      const int64_t by = outcomes_[part][outcome];
      if (by != 0) AddOutcome(totals, static_cast<recordpb::Outcome>(outcome), by, part);
    }
  }
  for (const auto& [code, by] : issues_) AddIssueCount(totals, code, by);
  totals.set_created_references(totals.created_references() + created_references_);
  totals.set_resubmitted(totals.resubmitted() + resubmitted_);
}

std::vector<std::string> ResultBuilder::Finish(size_t bytes_max) {
  AddCountsTo(result_);
  return SerializeInParts(std::move(result_), bytes_max);
}

void AddOutcome(recordpb::StageResult& totals, recordpb::Outcome outcome, int64_t by,
                uint32_t part) {
  for (recordpb::OutcomeCount& count : *totals.mutable_outcomes()) {
    if (count.outcome() != outcome || count.part() != part) continue;
    count.set_count(count.count() + by);
    return;
  }
  recordpb::OutcomeCount& count = *totals.add_outcomes();
  count.set_outcome(outcome);
  count.set_part(part);
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

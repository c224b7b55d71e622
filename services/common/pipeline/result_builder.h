// Collects what one batch of one stage has to tell control about one import, round and partition.
// Names and values in it are cut to 64 KiB, with an ellipsis: a row and an issue always fit a
// message.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/record/v1/result.pb.h"

namespace sluice::pipeline {

namespace recordpb = ::sluice::record::v1;

// Adds to the count of an outcome or issue code, making it when it is new.
void AddOutcome(recordpb::StageResult& totals, recordpb::Outcome outcome, int64_t by,
                uint32_t part = 0);
void AddIssueCount(recordpb::StageResult& totals, std::string_view code, int64_t by);

// Thread-compatible.
class ResultBuilder {
 public:
  ResultBuilder(std::string_view import_id, uint32_t round, recordpb::Stage stage,
                uint32_t partition);

  bool IsFor(std::string_view import_id, uint32_t round) const {
    return result_.round() == round && result_.import_id() == import_id;
  }
  // The part of the plan that what is added from now on belongs to.
  void SetPart(uint32_t part) {
    part_ = part;
    if (part >= outcomes_.size()) outcomes_.resize(part + 1);
  }
  // Rows that were created because a reference asked for them.
  void CountCreatedReference(int64_t by) { created_references_ += by; }
  // Moves the count of an outcome; negative when a row's outcome changes.
  void Count(recordpb::Outcome outcome, int64_t by = 1);
  // Of the record that was decided last: what was counted up last, unless it was said to be
  // another.
  recordpb::Outcome last() const { return last_; }
  void SetLast(recordpb::Outcome outcome) { last_ = outcome; }
  // A record of a round above 0 has ended here.
  void CountResubmitted() { ++resubmitted_; }
  void CountIssue(std::string_view code, int64_t by = 1);
  // A row that ended as skipped, rejected or review; counts its outcome too.
  recordpb::RowResult& AddRow(recordpb::Outcome outcome, uint64_t row, uint64_t ordinal,
                              std::string_view code, std::string_view field = {});
  // How a row ended, without counting it.
  recordpb::RowResult& NoteRow(recordpb::Outcome outcome, uint64_t row, uint64_t ordinal);
  // Undoes the last AddRow.
  recordpb::RowResult TakeBackRow();
  // Counts it too.
  recordpb::Issue& AddIssue(uint64_t row, std::string_view code, std::string_view field,
                            std::string_view before, std::string_view after);
  // The stage has passed the end of the import on this partition.
  void End() { result_.set_ended(true); }
  recordpb::StageResult& result() { return result_; }

  bool empty() const;
  // Of all parts.
  int64_t outcomes(recordpb::Outcome outcome) const;
  // Adds the counts to totals kept as a StageResult.
  void AddCountsTo(recordpb::StageResult& totals) const;
  // Serialised in parts (result_parts.h); the builder must not be used after.
  std::vector<std::string> Finish(size_t bytes_max);

 private:
  recordpb::StageResult result_;
  // By part.
  using Outcomes = std::array<int64_t, recordpb::Outcome_ARRAYSIZE>;
  std::vector<Outcomes> outcomes_{Outcomes{}};
  std::vector<std::pair<std::string, int64_t>> issues_;
  int64_t created_references_ = 0;
  int64_t resubmitted_ = 0;
  recordpb::Outcome last_ = recordpb::OUTCOME_UNSPECIFIED;
  uint32_t part_ = 0;
};

}  // namespace sluice::pipeline

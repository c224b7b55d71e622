// What loading said of records, to be held against the model.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/issue.h"
#include "load/import_loader.h"
#include "tests/unit/load/customer_model.h"

namespace sluice::load {

struct LoadReport {
  std::map<pipeline::recordpb::Outcome, int64_t> counts;
  // By ordinal: outcome and code of records that are reported one by one.
  std::map<uint64_t, std::pair<pipeline::recordpb::Outcome, std::string>> reported;
  int64_t conflicts = 0;

  // Counts may go back: a later record may move the outcome of an earlier one.
  void Add(pipeline::ResultBuilder& result) {
    for (int i = 0; i < pipeline::recordpb::Outcome_ARRAYSIZE; ++i) {
      const auto outcome = static_cast<pipeline::recordpb::Outcome>(i);
      if (result.outcomes(outcome) == 0) continue;
      counts[outcome] += result.outcomes(outcome);
      if (counts[outcome] == 0) counts.erase(outcome);
    }
    for (const auto& row : result.result().rows()) {
      const auto [at, added] =
          reported.emplace(row.ordinal(), std::pair(row.outcome(), row.code()));
      EXPECT_TRUE(added) << "record " << row.ordinal() << " has two outcomes";
    }
    for (const auto& issue : result.result().issues()) {
      conflicts += issue.code() == plan::issue_code::kConflictingValue ? 1 : 0;
    }
  }

  friend bool operator==(const LoadReport&, const LoadReport&) = default;
};

// How each record ended, by its ordinal.
inline std::map<uint64_t, pipeline::recordpb::Outcome> OutcomesOf(const ModelImport& model) {
  static constexpr std::array kOutcomes = {
      pipeline::recordpb::OUTCOME_ADDED, pipeline::recordpb::OUTCOME_UPDATED,
      pipeline::recordpb::OUTCOME_UNCHANGED, pipeline::recordpb::OUTCOME_SKIPPED,
      pipeline::recordpb::OUTCOME_REVIEW};
  std::map<uint64_t, pipeline::recordpb::Outcome> outcomes;
  for (const auto& [ordinal, outcome] : model.outcomes()) {
    outcomes[ordinal] = kOutcomes[static_cast<size_t>(outcome.first)];
  }
  return outcomes;
}

inline LoadReport ReportOf(const ModelImport& model) {
  LoadReport report;
  const auto outcomes = OutcomesOf(model);
  for (const auto& [ordinal, outcome] : model.outcomes()) {
    const auto is = outcomes.at(ordinal);
    ++report.counts[is];
    if (!outcome.second.empty()) report.reported.emplace(ordinal, std::pair(is, outcome.second));
  }
  report.conflicts = model.conflicts();
  return report;
}

inline void LoadRecords(ImportLoader& loader, const std::vector<ModelRecord>& records, size_t at,
                        size_t end, pipeline::ResultBuilder& result) {
  for (; at < end; ++at) {
    const ModelRecord& record = records[at];
    record::MappedRecordView view;
    view.header.revision = 1;
    view.header.ordinal = record.ordinal;
    view.header.row = record.row;
    for (uint32_t f = 0; f < kModelFields; ++f) {
      if (!record.fields[f].empty()) view.fields.push_back({f, record.fields[f]});
    }
    if (!record.level.empty()) view.custom.push_back({"level", record.level});
    for (const size_t f : record.cleared) {
      if (f == kModelLevel) {
        view.cleared.custom.emplace_back("level");
      } else {
        view.cleared.fields.push_back(static_cast<uint32_t>(f));
      }
    }
    const absl::Status status = loader.Load(view, result);
    ASSERT_TRUE(status.ok()) << status;
  }
}

}  // namespace sluice::load

// A preview of records over a view of a sink, and what it would change.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "load/overlay_sink.h"
#include "tests/testing/customer_plan.h"
#include "tests/unit/load/load_report.h"

namespace sluice::load {

// A row's values and its custom text before (none: it is created) and after.
using RowTexts = std::vector<std::string>;
using Differences = std::multiset<std::pair<RowTexts, RowTexts>>;

inline Differences DifferencesBetween(const ModelRows& before, const ModelRows& after) {
  const auto texts = [](const ModelRow& row) {
    RowTexts values(row.fields.begin(), row.fields.end());
    values.push_back(row.CustomText());
    return values;
  };
  Differences differences;
  for (const auto& [id, row] : after) {
    const auto found = before.find(id);
    if (found == before.end()) {
      differences.emplace(RowTexts{}, texts(row));
    } else if (found->second != row) {
      differences.emplace(texts(found->second), texts(row));
    }
  }
  return differences;
}

class PreviewLoad {
 public:
  PreviewLoad(std::unique_ptr<SinkView> view, const testing::CustomerPlanOptions& options) {
    auto scratch = SqliteSink::Open({.path = ":memory:"}, random_);
    EXPECT_TRUE(scratch.ok()) << scratch.status();
    overlay_ = std::make_unique<OverlaySink>(std::move(view), *std::move(scratch),
                                             [this](std::span<const RecordOutcome> told) {
                                               for (const RecordOutcome& outcome : told)
                                                 told_.insert_or_assign(outcome.ordinal, outcome);
                                               return absl::OkStatus();
                                             });
    loader_ = std::make_unique<ImportLoader>(*overlay_, testing::CustomerPlan(options));
    const absl::Status status = overlay_->Prepare(loader_->dataset());
    EXPECT_TRUE(status.ok()) << status;
  }

  void Load(const std::vector<ModelRecord>& records, size_t at, size_t end) {
    pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    ASSERT_TRUE(overlay_->Begin().ok());
    LoadRecords(*loader_, records, at, end, result);
    ASSERT_TRUE(overlay_->Commit().ok());
    report_.Add(result);
  }

  // As above, but for nothing.
  void LoadAndAbort(const std::vector<ModelRecord>& records, size_t at, size_t end) {
    pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    ASSERT_TRUE(overlay_->Begin().ok());
    LoadRecords(*loader_, records, at, end, result);
    overlay_->Abort();
  }

  // How each record ended, by its ordinal: as it was told, or reported.
  std::map<uint64_t, pipeline::recordpb::Outcome> Outcomes() const {
    std::map<uint64_t, pipeline::recordpb::Outcome> outcomes;
    for (const auto& [ordinal, told] : told_) {
      EXPECT_GE(told.source_row, 2U);
      outcomes[ordinal] = static_cast<pipeline::recordpb::Outcome>(told.outcome);
    }
    for (const auto& [ordinal, reported] : report_.reported) outcomes[ordinal] = reported.first;
    return outcomes;
  }

  load::Differences Changes() {
    load::Differences differences;
    const auto texts = [](const SinkRow& row) {
      RowTexts values;
      for (const auto& field : row.fields) values.push_back(field.value_or(""));
      values.push_back(row.custom);
      return values;
    };
    const absl::Status status =
        overlay_->VisitDifferences(loader_->dataset(), [&](const RowDifference& difference) {
          EXPECT_GE(difference.source_row, 2U);
          differences.emplace(difference.before ? texts(*difference.before) : RowTexts{},
                              texts(difference.after));
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return differences;
  }

  const LoadReport& report() const { return report_; }
  const MatchedRows& matched() const { return overlay_->matched(); }

 private:
  base::SystemRandom random_;
  std::unique_ptr<OverlaySink> overlay_;
  std::unique_ptr<ImportLoader> loader_;
  LoadReport report_;
  std::map<uint64_t, RecordOutcome> told_;
};

}  // namespace sluice::load

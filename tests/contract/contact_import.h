// Imports of contacts that refer to accounts, for tests of sinks.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/import_loader.h"
#include "tests/testing/reference_plan.h"

namespace sluice::contract {

using testing::ContactRecord;
using testing::ReferencePlanOptions;

// One import of contacts into a sink, and what it counted.
class ContactImport {
 public:
  ContactImport(load::Sink& sink, const ReferencePlanOptions& options)
      : sink_(sink), loader_(sink, testing::ReferencePlan(options)) {
    for (const load::SinkDataset& dataset : MergedDatasets()) {
      const absl::Status status = sink.Prepare(dataset);
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  // Reads and decides everything; the transaction stays open.
  absl::Status Work(const std::vector<ContactRecord>& records) {
    if (const absl::Status begun = sink_.Begin(); !begun.ok()) return begun;
    result_.emplace("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    if (sink_.ExpectsBatches()) {
      for (const ContactRecord& record : records) loader_.Note(Kept(record));
      if (const absl::Status told = loader_.Announce(); !told.ok()) return told;
    }
    for (const ContactRecord& record : records) {
      if (const absl::Status loaded = loader_.Load(Kept(record), *result_); !loaded.ok()) {
        return loaded;
      }
    }
    return absl::OkStatus();
  }
  absl::Status Commit() {
    if (const absl::Status committed = sink_.Commit(); !committed.ok()) return committed;
    result_->AddCountsTo(totals_);
    for (const auto& issue : result_->result().issues()) {
      issues_.push_back(issue.code() + " " + issue.field() + " " + issue.before());
    }
    return absl::OkStatus();
  }
  void Abort() { sink_.Abort(); }
  absl::Status Load(const std::vector<ContactRecord>& records) {
    const absl::Status worked = Work(records);
    if (worked.ok()) return Commit();
    Abort();
    return worked;
  }

  int64_t Count(pipeline::recordpb::Outcome outcome) const {
    for (const auto& count : totals_.outcomes()) {
      if (count.outcome() == outcome) return count.count();
    }
    return 0;
  }
  int64_t added() const { return Count(pipeline::recordpb::OUTCOME_ADDED); }
  int64_t created() const { return totals_.created_references(); }
  const std::vector<std::string>& issues() const { return issues_; }
  load::ImportLoader& loader() { return loader_; }

 private:
  // As the runner does it: one dataset once, with all keys.
  std::vector<load::SinkDataset> MergedDatasets() const {
    std::map<std::string, load::SinkDataset> merged;
    for (const load::SinkDataset& dataset : loader_.Datasets()) {
      load::SinkDataset& known = merged[dataset.dataset.name()];
      known.dataset = dataset.dataset;
      known.rules.insert(known.rules.end(), dataset.rules.begin(), dataset.rules.end());
    }
    std::vector<load::SinkDataset> datasets;
    for (auto& [name, dataset] : merged) datasets.push_back(std::move(dataset));
    return datasets;
  }
  // Views into a copy that outlives the transaction.
  const record::MappedRecordView& Kept(const ContactRecord& record) {
    copies_.push_back(std::make_unique<ContactRecord>(record));
    views_.push_back(std::make_unique<record::MappedRecordView>(copies_.back()->view()));
    return *views_.back();
  }

  load::Sink& sink_;
  load::ImportLoader loader_;
  std::optional<pipeline::ResultBuilder> result_;
  pipeline::recordpb::StageResult totals_;
  std::vector<std::string> issues_;
  std::vector<std::unique_ptr<ContactRecord>> copies_;
  std::vector<std::unique_ptr<record::MappedRecordView>> views_;
};

}  // namespace sluice::contract

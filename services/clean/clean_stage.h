// The clean stage: normal forms, everything that refuses or skips a row, and exact duplicates of
// one import. Survives a crash by the runner's transaction; drops only what it can be sure of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clean/claims.h"
#include "clean/request_index.h"
#include "common/pipeline/stage.h"
#include "common/plan/plan_workers.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"
#include "common/record/clean_record.h"
#include "common/record/raw_record.h"

namespace sluice::clean {

// Thread-compatible. The catalog outlives it.
class CleanStage : public pipeline::Stage {
 public:
  // For how long a pushed request that comes again is known.
  static constexpr uint64_t kRepeatWindowSeconds = 86400;

  explicit CleanStage(plan::PlanCatalog& catalog,
                      uint64_t repeat_window_seconds = kRepeatWindowSeconds)
      : workers_(catalog), requests_(claims_, repeat_window_seconds) {}

  pipeline::recordpb::Stage id() const override { return pipeline::recordpb::STAGE_CLEAN; }
  absl::StatusOr<bool> Process(const stream::RecordBatch& batch, const stream::StateReader& state,
                               pipeline::StageOutput& out) override;

 private:
  // A plan with the buffers to work by it.
  struct Worker {
    explicit Worker(std::shared_ptr<const plan::CompiledPlan> compiled)
        : plan(std::move(compiled)), cleaner(plan), mapper(plan) {}
    std::shared_ptr<const plan::CompiledPlan> plan;
    plan::RowCleaner cleaner;
    plan::RowMapper mapper;
  };

  absl::StatusOr<bool> ExpectClaims(const stream::RecordBatch& batch);
  // False when it has ended here.
  absl::StatusOr<bool> ProcessRecord(const stream::Record& record, pipeline::StageOutput& out);
  // What is in raw_ has ended here, in a round above 0.
  absl::Status EndResubmitted(pipeline::StageOutput& out);
  absl::Status EndOfImport(const stream::Record& record, pipeline::StageOutput& out);
  // The row ends as rejected.
  void Reject(const stream::Record& record, std::string_view code, std::string_view field,
              pipeline::ResultBuilder& result, pipeline::StageOutput& out) const;
  bool IsDuplicate(Worker& worker, pipeline::ResultBuilder& result);

  plan::PlanWorkers<Worker> workers_;
  ClaimOverlay claims_;
  RequestIndex requests_;
  record::RawRecordView raw_;
  std::vector<std::string_view> texts_;
  std::vector<record::CleanCell> cells_;
  std::vector<plan::Issue> issues_;
  plan::MappedRow row_;
  std::string encoded_;
};

}  // namespace sluice::clean

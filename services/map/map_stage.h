// The map stage: cleaned columns to a customer record of the plan's dataset. Keeps no state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/pipeline/stage.h"
#include "common/plan/plan_workers.h"
#include "common/plan/row_mapper.h"
#include "common/record/clean_record.h"
#include "common/record/mapped_record.h"

namespace sluice::map {

// Thread-compatible. The catalog outlives it.
class MapStage : public pipeline::Stage {
 public:
  explicit MapStage(plan::PlanCatalog& catalog) : workers_(catalog) {}

  pipeline::recordpb::Stage id() const override { return pipeline::recordpb::STAGE_MAP; }
  absl::StatusOr<bool> Process(const stream::RecordBatch& batch, const stream::StateReader& state,
                               pipeline::StageOutput& out) override;

 private:
  struct Worker {
    explicit Worker(std::shared_ptr<const plan::CompiledPlan> compiled)
        : plan(std::move(compiled)), mapper(plan) {}
    std::shared_ptr<const plan::CompiledPlan> plan;
    plan::RowMapper mapper;
  };

  absl::StatusOr<bool> ProcessRecord(const stream::Record& record, pipeline::StageOutput& out);

  plan::PlanWorkers<Worker> workers_;
  record::CleanRecordView clean_;
  std::vector<plan::Issue> issues_;
  plan::MappedRow row_;
  std::string encoded_;
};

}  // namespace sluice::map

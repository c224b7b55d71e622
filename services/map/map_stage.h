// The map stage: cleaned columns to a customer record of the plan's dataset. Keeps no state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/pipeline/stage.h"
#include "common/plan/plan_workers.h"
#include "common/plan/row_mapper.h"
#include "common/record/clean_record.h"
#include "common/record/mapped_record.h"

namespace sluice::map {

// The topic that feeds a sink, by the sink's name.
using SinkTopic = std::function<absl::StatusOr<stream::TopicId>(const std::string& sink)>;

// Thread-compatible. The catalog outlives it.
class MapStage : public pipeline::Stage {
 public:
  MapStage(plan::PlanCatalog& catalog, SinkTopic topic_of)
      : workers_(catalog), topic_of_(std::move(topic_of)) {}

  pipeline::recordpb::Stage id() const override { return pipeline::recordpb::STAGE_MAP; }
  absl::StatusOr<bool> Process(const stream::RecordBatch& batch, const stream::StateReader& state,
                               pipeline::StageOutput& out) override;

 private:
  struct Worker {
    explicit Worker(std::shared_ptr<const plan::CompiledPlan> compiled)
        : plan(std::move(compiled)), mapper(plan) {}
    std::shared_ptr<const plan::CompiledPlan> plan;
    plan::RowMapper mapper;
    // Of the plan's sink, once it is known.
    std::optional<stream::TopicId> topic;
  };

  // The worker with its topic; null while the plan is not known.
  absl::StatusOr<Worker*> WorkerFor(std::string_view import_id, uint32_t revision, uint32_t part);
  absl::StatusOr<bool> PassMarker(const stream::Record& record, pipeline::StageOutput& out);
  absl::StatusOr<bool> ProcessRecord(const stream::Record& record, pipeline::StageOutput& out);

  plan::PlanWorkers<Worker> workers_;
  const SinkTopic topic_of_;
  record::CleanRecordView clean_;
  std::vector<plan::Issue> issues_;
  plan::MappedRow row_;
  std::string encoded_;
};

}  // namespace sluice::map

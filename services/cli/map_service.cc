// serve --target=map: columns to fields. Keeps nothing.
#include "cli/service_targets.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

class MapService : public ServicePart {
 public:
  explicit MapService(ServiceContext& context) : ServicePart(context, {"map"}) {}

  void Close() override {
    runner_.reset();
    CloseLog();
  }

 private:
  absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) override {
    SLUICE_ASSIGN_OR_RETURN(plan::PlanCatalog* const plans, context().Plans());
    const StageParts parts{
        context().settings(), context().names(), topics, log, log.state(), *plans,
        context().clock()};
    SLUICE_ASSIGN_OR_RETURN(runner_, MakeMapRunner(parts, &metrics()));
    ReadsAs(stream::kMapGroup, context().names().Clean());
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override { return runner_->Step(); }

  std::unique_ptr<pipeline::StageRunner> runner_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeMapService(ServiceContext& context) {
  return std::make_unique<MapService>(context);
}

}  // namespace sluice::cli

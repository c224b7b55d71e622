// serve --target=clean: exact duplicates and normal forms, with the claims of its partitions.
#include "cli/service_targets.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

class CleanService : public ServicePart {
 public:
  explicit CleanService(ServiceContext& context)
      : ServicePart(context, {"clean", "", true, true}),
        state_size_(context.registry().MakeGauge(kRocksdbSize)) {}

  void Close() override {
    runner_.reset();
    CloseLog();
  }

 private:
  void Configure(kafka::KafkaLogOptions& options) override {
    options.state.emplace();
    options.state->input = context().names().Raw();
    options.state->changelog = context().names().DedupChangelog();
    options.state->rocks.path = context().settings().data_dir + "/state";
  }

  absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) override {
    SLUICE_ASSIGN_OR_RETURN(plan::PlanCatalog* const plans, context().Plans());
    SLUICE_ASSIGN_OR_RETURN(const auto quarantine, OpenQuarantine(log, context().names().Raw()));
    const StageParts parts{
        context().settings(), context().names(), topics, log, log.state(), *plans,
        context().clock(),    quarantine};
    SLUICE_ASSIGN_OR_RETURN(runner_, MakeCleanRunner(parts, &metrics()));
    ReadsAs(stream::kCleanGroup, context().names().Raw());
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override { return runner_->Step(); }

  void Observe(const kafka::KafkaLog& log) override {
    state_size_.Set(static_cast<double>(log.StateSizeBytes()));
  }

  telemetry::Gauge state_size_;
  std::unique_ptr<pipeline::StageRunner> runner_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeCleanService(ServiceContext& context) {
  return std::make_unique<CleanService>(context);
}

}  // namespace sluice::cli

// serve --target=control, the part that reads the log: counts results, completes imports, publishes
// plans and states.
#include <algorithm>

#include "cli/outbox_feed.h"
#include "cli/service_targets.h"
#include "common/base/status.h"
#include "control/control_runner.h"

namespace sluice::cli {
namespace {

// Results that come close together share a transaction of the database.
constexpr int64_t kApplyEveryNanos = 50'000'000;

class ControlPart : public ControlService {
 public:
  ControlPart(ServiceContext& context, control::ControlStore& store, control::ChangeSignal& changes)
      : ControlService(context, {"control"}),
        store_(store),
        changes_(changes),
        running_(context.registry().MakeGauge(
            {"sluice_imports_running", "Imports that have not ended.", {}, {}})),
        waiting_(context.registry().MakeGauge(
            {"sluice_imports_waiting",
             "Running imports with rows to be read and no ingest that reads them.",
             {},
             {}})),
        outbox_(context, store) {}

  void Close() override {
    runner_.reset();
    outbox_.Close();
    CloseLog();
  }

  void OutboxChanged() override { outbox_.Changed(); }

 private:
  absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) override {
    SLUICE_RETURN_IF_ERROR(store_.BindLog(log.id()));
    control::ControlRunnerOptions options;
    options.results = topics.results;
    options.imports = topics.imports;
    options.publishes = false;
    options.clock = &context().clock();
    options.window_days = context().settings().rollback.window_days;
    options.on_ended = [this](const std::string& id) {
      outbox_.Changed();
      context().logger().Info("an import has ended", {{"import", id}});
    };
    const auto on_progress = [this](const std::string&, int64_t) { changes_.Changed(); };
    SLUICE_ASSIGN_OR_RETURN(runner_,
                            control::ControlRunner::Create(options, log, store_, on_progress));
    ReadsAs(stream::kControlGroup, context().names().Results());
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    const int64_t since = context().clock().MonotonicNanos() - applied_at_nanos_;
    if (since < kApplyEveryNanos) {
      context().stop().WaitFor(absl::Nanoseconds(kApplyEveryNanos - since));
    }
    const int64_t began = context().clock().MonotonicNanos();
    const uint64_t applied = runner_->applied();
    const absl::Status published = outbox_.Step();
    // Whatever becomes of the outbox: a member that does not ask loses its partitions.
    SLUICE_ASSIGN_OR_RETURN(const pipeline::StepResult result, runner_->Step());
    SLUICE_RETURN_IF_ERROR(published);
    if (result != pipeline::StepResult::kProgress) return result;
    applied_at_nanos_ = context().clock().MonotonicNanos();
    if (runner_->applied() != applied) {
      pipeline::BatchReport report;
      report.records_in = runner_->applied() - applied;
      report.duration_nanos = applied_at_nanos_ - began;
      metrics().OnBatch(report);
    }
    return result;
  }

  void Observe(const kafka::KafkaLog&) override {
    // Who holds nothing and wants nothing changes nothing by asking.
    const auto answer = store_.RenewLeases({}, absl::Seconds(context().settings().lease.seconds));
    // The last figures stand: a database that is away is told by the steps.
    if (!answer.ok()) return;
    running_.Set(answer->imports_size());
    waiting_.Set(static_cast<double>(
        std::count_if(answer->imports().begin(), answer->imports().end(), [](const auto& import) {
          return import.holder() == control::controlpb::LEASE_HOLDER_NOBODY;
        })));
  }

  control::ControlStore& store_;
  control::ChangeSignal& changes_;
  telemetry::Gauge running_;
  telemetry::Gauge waiting_;
  int64_t applied_at_nanos_ = 0;
  OutboxFeed outbox_;
  std::unique_ptr<control::ControlRunner> runner_;
};

}  // namespace

std::unique_ptr<ControlService> MakeControlService(ServiceContext& context,
                                                   control::ControlStore& store,
                                                   control::ChangeSignal& changes) {
  return std::make_unique<ControlPart>(context, store, changes);
}

}  // namespace sluice::cli

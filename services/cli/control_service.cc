// serve --target=control, the part that reads the log: counts results, completes imports, publishes
// plans and states.
#include <algorithm>

#include "cli/service_targets.h"
#include "common/base/status.h"
#include "control/control_runner.h"

namespace sluice::cli {
namespace {

// Results that come close together share a transaction of the database.
constexpr int64_t kApplyEveryNanos = 50'000'000;

class ControlPart : public ControlService {
 public:
  ControlPart(ServiceContext& context, control::ControlStore& store, control::LeaseBook& leases)
      : ControlService(context, {"control"}),
        store_(store),
        leases_(leases),
        running_(context.registry().MakeGauge(
            {"sluice_imports_running", "Imports that have not ended.", {}, {}})),
        waiting_(context.registry().MakeGauge(
            {"sluice_imports_waiting",
             "Running imports with rows to be read and no ingest that reads them.",
             {},
             {}})),
        collector_(context.registry().AddCollector([this] {
          const control::LeaseBook::Counts counts =
              leases_.Count(this->context().clock().MonotonicNanos());
          running_.Set(static_cast<double>(counts.running));
          waiting_.Set(static_cast<double>(counts.waiting));
        })) {}

  void Close() override {
    {
      base::MutexLock lock(&mutex_);
      runner_.reset();
    }
    CloseLog();
  }

  void OutboxChanged() override {
    base::MutexLock lock(&mutex_);
    // A runner that is made later looks by itself.
    if (runner_ != nullptr) runner_->OutboxChanged();
  }

 private:
  absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) override {
    SLUICE_RETURN_IF_ERROR(store_.BindLog(log.id()));
    control::ControlRunnerOptions options;
    options.results = topics.results;
    options.imports = topics.imports;
    options.on_ended = [this](const std::string& id) {
      leases_.Remove(id);
      context().logger().Info("an import has ended", {{"import", id}});
    };
    const auto on_progress = [this](const std::string& id, int64_t finished) {
      leases_.Progress(id, finished);
    };
    SLUICE_ASSIGN_OR_RETURN(auto runner,
                            control::ControlRunner::Create(options, log, store_, on_progress));
    ReadsAs(stream::kControlGroup, context().names().Results());
    base::MutexLock lock(&mutex_);
    runner_ = std::move(runner);
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    const int64_t since = context().clock().MonotonicNanos() - applied_at_nanos_;
    if (since < kApplyEveryNanos) {
      context().stop().WaitFor(absl::Nanoseconds(kApplyEveryNanos - since));
    }
    const int64_t began = context().clock().MonotonicNanos();
    const uint64_t applied = runner_->applied();
    SLUICE_ASSIGN_OR_RETURN(const pipeline::StepResult result, runner_->Step());
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

  control::ControlStore& store_;
  control::LeaseBook& leases_;
  telemetry::Gauge running_;
  telemetry::Gauge waiting_;
  int64_t applied_at_nanos_ = 0;
  // Of the pointer; the runner itself belongs to the thread.
  base::Mutex mutex_;
  std::unique_ptr<control::ControlRunner> runner_;
  // Last: it uses the rest.
  telemetry::Registry::Registration collector_;
};

}  // namespace

std::unique_ptr<ControlService> MakeControlService(ServiceContext& context,
                                                   control::ControlStore& store,
                                                   control::LeaseBook& leases) {
  return std::make_unique<ControlPart>(context, store, leases);
}

}  // namespace sluice::cli

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
      : ControlService(context, "control", "", true), store_(store), leases_(leases) {}

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
    ReadsAs(stream::kControlGroup, topics.results);
    base::MutexLock lock(&mutex_);
    runner_ = std::move(runner);
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    const int64_t since = context().clock().MonotonicNanos() - applied_at_nanos_;
    if (since < kApplyEveryNanos) {
      context().stop().WaitFor(absl::Nanoseconds(kApplyEveryNanos - since));
    }
    SLUICE_ASSIGN_OR_RETURN(const pipeline::StepResult result, runner_->Step());
    if (result == pipeline::StepResult::kProgress) {
      applied_at_nanos_ = context().clock().MonotonicNanos();
    }
    return result;
  }

  control::ControlStore& store_;
  control::LeaseBook& leases_;
  int64_t applied_at_nanos_ = 0;
  // Of the pointer; the runner itself belongs to the thread.
  base::Mutex mutex_;
  std::unique_ptr<control::ControlRunner> runner_;
};

}  // namespace

std::unique_ptr<ControlService> MakeControlService(ServiceContext& context,
                                                   control::ControlStore& store,
                                                   control::LeaseBook& leases) {
  return std::make_unique<ControlPart>(context, store, leases);
}

}  // namespace sluice::cli

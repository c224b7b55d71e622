// One runner of a service over Kafka: a handle of the log, what reads and writes through it, and
// the thread's step. It opens itself in its first steps: what is not there yet (brokers, topics,
// control) is waited for, and the worker's health says what.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "cli/stage_metrics.h"
#include "cli/stage_parts.h"
#include "cli/worker.h"
#include "common/base/mutex.h"
#include "common/base/ulid.h"
#include "common/kafka/kafka_log.h"
#include "common/plan/plan_catalog.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"
#include "control/control_store.h"

namespace sluice::cli {

// How a process learns what all of the installation share; asked again until it is OK.
using InstallationSource = std::function<absl::StatusOr<control::Installation>()>;

// What the parts of a process share. Thread-safe. What is passed by reference outlives it.
class ServiceContext {
 public:
  ServiceContext(const config::Settings& settings, std::string target, const base::Clock& clock,
                 base::Random& random, telemetry::Registry& registry,
                 const telemetry::Logger& logger, InstallationSource installation);
  ~ServiceContext();

  const config::Settings& settings() const { return settings_; }
  const base::Clock& clock() const { return clock_; }
  base::Random& random() { return random_; }
  telemetry::Registry& registry() { return registry_; }
  const telemetry::Logger& logger() const { return logger_; }
  const stream::Topics& names() const { return names_; }
  const std::string& instance() const { return instance_; }
  StopSignal& stop() { return stop_; }

  // OK once the topics are as they must be; asks the brokers until then.
  absl::Status CheckTopics();
  // The plans, once brokers and control have answered. FailedPrecondition when control belongs to
  // another log.
  absl::StatusOr<plan::PlanCatalog*> Plans();
  // `<prefix>.<service>.<instance>` or `<prefix>.<service>`.
  absl::StatusOr<std::unique_ptr<kafka::KafkaLog>> OpenLog(kafka::KafkaLogOptions options,
                                                           kafka::KafkaObserver& observer);

 private:
  const config::Settings settings_;
  const std::string target_;
  const std::string instance_;
  const stream::Topics names_;
  const base::Clock& clock_;
  base::Random& random_;
  telemetry::Registry& registry_;
  const telemetry::Logger logger_;
  const InstallationSource installation_;
  StopSignal stop_;
  base::Mutex mutex_;
  bool topics_checked_ ABSL_GUARDED_BY(mutex_) = false;
  kafka::KafkaObserver quiet_;
  std::unique_ptr<kafka::KafkaLog> plans_log_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<plan::PlanCatalog> plans_ ABSL_GUARDED_BY(mutex_);
};

// What a part is.
struct PartOptions {
  // The service's, for metrics and messages.
  std::string name;
  // The sink it feeds: one handle each.
  std::string sink;
  // It reads as a member of a group, so it is given partitions.
  bool groups = true;
  // It keeps state, which is restored from a changelog.
  bool state = false;
};

// Step, Close and Wait belong to the worker's thread, the rest is thread-safe.
class ServicePart : private kafka::KafkaObserver {
 public:
  // What it reads: a topic by its name in Kafka, empty while it reads none.
  struct Reads {
    std::string topic;
    std::string group;
    std::vector<uint32_t> partitions;
  };

  ServicePart(ServiceContext& context, PartOptions options);
  ~ServicePart() override = default;
  ServicePart(const ServicePart&) = delete;
  ServicePart& operator=(const ServicePart&) = delete;

  const std::string& name() const { return options_.name; }
  absl::StatusOr<pipeline::StepResult> Step();
  virtual uint64_t Wait(uint64_t seen, absl::Duration timeout);
  // Gives up what is open: nothing of it has happened.
  virtual void Close() = 0;
  // OK, or that it has not begun, or the group has not answered yet. One that is idle is ready: it
  // does what it is there for, and a rolling update must not wait for it.
  absl::Status Ready() const;
  // Says that it is idle because there are more instances than partitions; else empty.
  std::string Note() const;
  Reads reads() const;
  StageMetrics& metrics() { return metrics_; }

 protected:
  // Makes what works on the handle.
  virtual absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) = 0;
  virtual absl::StatusOr<pipeline::StepResult> Work() = 0;
  // The handle's own; before it is opened.
  virtual void Configure(kafka::KafkaLogOptions&) {}

  // After every step, and every two seconds at most: for metrics that only this thread may ask for.
  virtual void Observe(const kafka::KafkaLog&) {}

  ServiceContext& context() { return context_; }
  // Where rows of the topic `source` go that are rejected or need review.
  absl::StatusOr<pipeline::QuarantineOptions> OpenQuarantine(kafka::KafkaLog& log,
                                                             std::string source) const;
  // Destroys the handle: after all that works on it.
  void CloseLog() { log_.reset(); }
  // Where the group of this part reads, for the lag; set by Begin.
  void ReadsAs(std::string_view group, std::string topic);

 private:
  void OnMessage(kafka::Severity severity, std::string_view handle, std::string_view text) override;
  void OnAssignment(std::string_view group, const std::vector<uint32_t>& partitions) override;
  void OnRestore(const kafka::RestoreProgress& progress) override;
  absl::Status Open();
  absl::StatusOr<pipeline::StepResult> TryStep();

  ServiceContext& context_;
  const PartOptions options_;
  StageMetrics metrics_;
  telemetry::Gauge assigned_;
  telemetry::Gauge idle_;
  telemetry::Gauge restoring_;
  telemetry::Gauge failing_;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::atomic<bool> begun_{false};
  int64_t observed_at_nanos_ = 0;
  mutable base::Mutex mutex_;
  std::string group_ ABSL_GUARDED_BY(mutex_);
  std::string topic_ ABSL_GUARDED_BY(mutex_);
  // Nothing while the group has not answered yet.
  std::optional<std::vector<uint32_t>> partitions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::cli

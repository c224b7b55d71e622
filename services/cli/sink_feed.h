// One sink that is fed from its topic: opens it, steps its loader, and keeps its failures from the
// other sinks of the process.
//
// A failure that may pass (the database is busy, its disk is full) is the worker's to try again.
// One for good, or a sink that cannot be opened, stops only the imports of this sink: it is told
// once in the log and stays in health() until opening it again, every ten seconds, works. Opening
// again is what a restart does: load goes to the sink's fences.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "cli/sink_address.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/ulid.h"
#include "common/plan/plan_catalog.h"
#include "common/stream/log.h"
#include "common/telemetry/log.h"
#include "load/load_runner.h"
#include "load/open_sink.h"

namespace sluice::cli {

using SinkOpener = std::function<absl::StatusOr<std::unique_ptr<load::Sink>>()>;

struct SinkFeedOptions {
  SinkAddress sink;
  // How it is opened besides.
  load::OpenSinkOptions open;
  // Instead of what the URL names.
  SinkOpener opener;
  // The topic that feeds it.
  std::string topic_name;
  stream::TopicId topic = 0;
  stream::TopicId results = 0;
  std::optional<pipeline::QuarantineOptions> quarantine;
  // The process is there for an import into this sink: a failure for good ends the step.
  bool needed = false;
};

// Opens the sink that the topic feeds and holds its fences against the log (load/fence_check.h). A
// new one is made only where it was given no records.
absl::StatusOr<std::unique_ptr<load::Sink>> OpenFedSink(const SinkFeedOptions& options,
                                                        stream::Log& log, base::Random& random);

// Thread-compatible but for health(). What is passed by reference outlives it.
class SinkFeed {
 public:
  SinkFeed(SinkFeedOptions options, stream::Log& log, plan::PlanCatalog& catalog,
           const base::Clock& clock, base::Random& random, pipeline::RunnerObserver* observer,
           const telemetry::Logger& logger);

  // The first opening. FailedPrecondition when the sink knows more than the log: that has lost
  // records, and nothing may be written to it. Other failures are errors only when the sink is
  // needed.
  absl::Status Start();
  absl::StatusOr<pipeline::StepResult> Step();
  // OK, or why the sink is not fed. Thread-safe.
  absl::Status health() const;
  stream::TopicId topic() const { return options_.topic; }

 private:
  absl::Status Open();
  void Fail(const absl::Status& status);

  const SinkFeedOptions options_;
  stream::Log& log_;
  plan::PlanCatalog& catalog_;
  const base::Clock& clock_;
  base::Random& random_;
  pipeline::RunnerObserver* const observer_;
  const telemetry::Logger logger_;
  // Null while the sink is not fed.
  std::unique_ptr<load::LoadRunner> runner_;
  int64_t retry_at_nanos_ = 0;
  mutable base::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::cli

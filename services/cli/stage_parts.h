// What both ways to run are made of: the stages on a handle of the log, whichever log it is.
#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/config/settings.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/plan_catalog.h"
#include "common/stream/log.h"
#include "common/stream/topics.h"
#include "ingest/import_reader.h"

namespace sluice::cli {

// The topics every installation has, as one handle knows them.
struct LogTopics {
  stream::TopicId raw = 0;
  stream::TopicId clean = 0;
  stream::TopicId results = 0;
  stream::TopicId positions = 0;
  stream::TopicId imports = 0;
};

absl::StatusOr<LogTopics> OpenLogTopics(stream::Log& log, const stream::Topics& names);

// Everything but the settings and the topics outlives what is made of it.
struct StageParts {
  const config::Settings& settings;
  stream::Topics names;
  LogTopics topics;
  stream::Log& log;
  const stream::StateReader& state;
  plan::PlanCatalog& catalog;
  const base::Clock& clock;
  // Of a stage over Kafka.
  std::optional<pipeline::QuarantineOptions> quarantine;
};

absl::StatusOr<std::unique_ptr<pipeline::StageRunner>> MakeCleanRunner(
    const StageParts& parts, pipeline::RunnerObserver* observer);
absl::StatusOr<std::unique_ptr<pipeline::StageRunner>> MakeMapRunner(
    const StageParts& parts, pipeline::RunnerObserver* observer);

ingest::LeadLimits LeadOf(const config::Settings& settings);
ingest::ReaderOptions ReaderOptionsOf(const config::Settings& settings, const LogTopics& topics);

}  // namespace sluice::cli

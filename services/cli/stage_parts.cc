#include "cli/stage_parts.h"

#include "clean/clean_stage.h"
#include "common/base/status.h"
#include "map/map_stage.h"

namespace sluice::cli {
namespace {

pipeline::StageRunnerOptions OptionsOf(const StageParts& parts, std::string_view group) {
  pipeline::StageRunnerOptions options;
  options.group = group;
  options.results = parts.topics.results;
  options.quarantine = parts.quarantine;
  options.limits = {static_cast<size_t>(parts.settings.batch.records_max),
                    static_cast<size_t>(parts.settings.batch.bytes_max)};
  return options;
}

}  // namespace

absl::StatusOr<LogTopics> OpenLogTopics(stream::Log& log, const stream::Topics& names) {
  LogTopics topics;
  SLUICE_ASSIGN_OR_RETURN(topics.raw, log.OpenTopic(names.Raw()));
  SLUICE_ASSIGN_OR_RETURN(topics.clean, log.OpenTopic(names.Clean()));
  SLUICE_ASSIGN_OR_RETURN(topics.results, log.OpenTopic(names.Results()));
  SLUICE_ASSIGN_OR_RETURN(topics.positions, log.OpenTopic(names.Positions()));
  SLUICE_ASSIGN_OR_RETURN(topics.imports, log.OpenTopic(names.Imports()));
  return topics;
}

absl::StatusOr<std::unique_ptr<pipeline::StageRunner>> MakeCleanRunner(
    const StageParts& parts, pipeline::RunnerObserver* observer) {
  pipeline::StageRunnerOptions options = OptionsOf(parts, stream::kCleanGroup);
  options.in = parts.topics.raw;
  options.out = parts.topics.clean;
  return pipeline::StageRunner::Create(
      options, parts.log, parts.state, parts.clock,
      std::make_unique<clean::CleanStage>(
          parts.catalog, static_cast<uint64_t>(parts.settings.push.repeat_window_seconds)),
      observer);
}

absl::StatusOr<std::unique_ptr<pipeline::StageRunner>> MakeMapRunner(
    const StageParts& parts, pipeline::RunnerObserver* observer) {
  pipeline::StageRunnerOptions options = OptionsOf(parts, stream::kMapGroup);
  options.in = parts.topics.clean;
  const auto topic_of = [&log = parts.log, names = parts.names](const std::string& sink) {
    return log.OpenTopic(names.Mapped(sink));
  };
  return pipeline::StageRunner::Create(options, parts.log, parts.state, parts.clock,
                                       std::make_unique<map::MapStage>(parts.catalog, topic_of),
                                       observer);
}

ingest::LeadLimits LeadOf(const config::Settings& settings) {
  return {settings.lead.seconds, static_cast<uint64_t>(settings.lead.rows_min),
          static_cast<uint64_t>(settings.lead.rows_max),
          static_cast<uint64_t>(settings.lead.bytes_max)};
}

ingest::ReaderOptions ReaderOptionsOf(const config::Settings& settings, const LogTopics& topics) {
  ingest::ReaderOptions options;
  options.topics = {topics.raw, topics.positions, topics.results};
  options.records_max = static_cast<uint64_t>(settings.batch.records_max);
  options.bytes_max = static_cast<uint64_t>(settings.batch.bytes_max);
  return options;
}

}  // namespace sluice::cli

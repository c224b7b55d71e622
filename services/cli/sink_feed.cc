#include "cli/sink_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/sink_address.h"
#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "common/stream/topics.h"

namespace sluice::cli {
namespace {

constexpr int64_t kRetryNanos = 10'000'000'000;

absl::Status Lost(const std::string& path, uint64_t given) {
  return absl::FailedPreconditionError(
      fmt::format("the sink {} was removed, replaced or emptied: it does not know of {} records it "
                  "was given. Put the old file back to go on; if it is lost, import the files "
                  "again with another --data-dir, or into another --sink",
                  path, given));
}

}  // namespace

absl::StatusOr<std::unique_ptr<load::SqliteSink>> OpenFedSink(const control::SinkRecord& sink,
                                                              stream::Log& log,
                                                              const std::string& topic_name,
                                                              stream::TopicId topic,
                                                              base::Random& random) {
  std::vector<uint64_t> given;
  uint64_t given_in_all = 0;
  for (uint32_t partition = 0; partition < log.partitions(); ++partition) {
    SLUICE_ASSIGN_OR_RETURN(const auto offset,
                            log.offsets().Committed(stream::kLoadGroup, {topic, partition}));
    given.push_back(offset.value_or(0));
    given_in_all += given.back();
  }
  database::SqliteOptions database;
  database.path = SqlitePath(sink);
  std::error_code ignored;
  const auto file = std::filesystem::status(database.path, ignored).type();
  // An empty file in its place would be in the way of the old one.
  if (given_in_all > 0 && file == std::filesystem::file_type::not_found) {
    return Lost(database.path, given_in_all);
  }
  SLUICE_ASSIGN_OR_RETURN(auto opened, load::SqliteSink::Open(database, random));
  SLUICE_ASSIGN_OR_RETURN(const auto fences, opened->ReadFences(topic_name));
  for (uint32_t partition = 0; partition < given.size(); ++partition) {
    const bool known = std::any_of(fences.begin(), fences.end(), [&](const load::Fence& fence) {
      return fence.partition == partition;
    });
    if (given[partition] > 0 && !known) return Lost(database.path, given_in_all);
  }
  return opened;
}

SinkFeed::SinkFeed(SinkFeedOptions options, stream::Log& log, plan::PlanCatalog& catalog,
                   const base::Clock& clock, base::Random& random,
                   pipeline::RunnerObserver* observer, const telemetry::Logger& logger)
    : options_(std::move(options)),
      log_(log),
      catalog_(catalog),
      clock_(clock),
      random_(random),
      observer_(observer),
      logger_(logger) {}

absl::Status SinkFeed::Start() {
  const absl::Status status = Open();
  if (absl::IsOutOfRange(status)) return absl::FailedPreconditionError(status.message());
  if (status.ok() || options_.needed) return status;
  Fail(status);
  return absl::OkStatus();
}

absl::Status SinkFeed::Open() {
  SLUICE_ASSIGN_OR_RETURN(
      auto sink, OpenFedSink(options_.sink, log_, options_.topic_name, options_.topic, random_));
  SLUICE_RETURN_IF_ERROR(CheckLogIsWhole(*sink));
  load::LoadRunnerOptions options;
  options.topic = options_.topic_name;
  options.in = options_.topic;
  options.results = options_.results;
  SLUICE_ASSIGN_OR_RETURN(runner_, load::LoadRunner::Create(options, log_, catalog_, clock_,
                                                            std::move(sink), observer_));
  return absl::OkStatus();
}

absl::Status SinkFeed::CheckLogIsWhole(load::Sink& sink) {
  SLUICE_ASSIGN_OR_RETURN(const auto fences, sink.ReadFences(options_.topic_name));
  for (const load::Fence& fence : fences) {
    if (fence.log_id != log_.id() || fence.partition >= log_.partitions()) continue;
    SLUICE_ASSIGN_OR_RETURN(const uint64_t end,
                            log_.offsets().End({options_.topic, fence.partition}));
    if (fence.next_offset <= end) continue;
    return absl::OutOfRangeError(
        fmt::format("the log has lost records: the sink {} was given {} of partition {}, the log "
                    "ends at {}. Restore both from one backup",
                    SqlitePath(options_.sink), fence.next_offset, fence.partition, end));
  }
  return absl::OkStatus();
}

absl::StatusOr<pipeline::StepResult> SinkFeed::Step() {
  if (runner_ == nullptr) {
    if (clock_.MonotonicNanos() < retry_at_nanos_) return pipeline::StepResult::kIdle;
    if (const absl::Status status = Open(); !status.ok()) {
      Fail(status);
      return pipeline::StepResult::kIdle;
    }
    logger_.Info("a sink is fed again", {{"sink", options_.sink.name}});
    base::MutexLock lock(&mutex_);
    failure_ = absl::OkStatus();
  }
  auto result = runner_->Step();
  if (result.ok() || options_.needed || base::IsRetryable(result.status())) return result;
  Fail(result.status());
  return pipeline::StepResult::kIdle;
}

void SinkFeed::Fail(const absl::Status& status) {
  runner_.reset();
  retry_at_nanos_ = clock_.MonotonicNanos() + kRetryNanos;
  base::MutexLock lock(&mutex_);
  if (failure_ == status) return;
  failure_ = status;
  logger_.Error("a sink is not fed; its imports wait", {{"sink", options_.sink.name},
                                                        {"url", options_.sink.url},
                                                        {"reason", base::Message(status)}});
}

absl::Status SinkFeed::health() const {
  base::MutexLock lock(&mutex_);
  return base::Annotate(failure_, fmt::format("sink {} is not fed", options_.sink.name));
}

}  // namespace sluice::cli

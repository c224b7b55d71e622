#include "cli/sink_feed.h"

#include <fmt/format.h>

#include <numeric>

#include "common/base/status.h"
#include "load/fence_check.h"

namespace sluice::cli {
namespace {

constexpr int64_t kRetryNanos = 10'000'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<load::Sink>> OpenFedSink(const SinkFeedOptions& options,
                                                        stream::Log& log, base::Random& random) {
  if (options.opener) return options.opener();
  load::OpenSinkOptions open = options.open;
  SLUICE_ASSIGN_OR_RETURN(open.given, load::GivenRecords(log, options.topic));
  SLUICE_ASSIGN_OR_RETURN(auto sink, load::OpenSink(options.sink.open_url, open, random));
  std::vector<uint32_t> partitions(log.partitions());
  std::iota(partitions.begin(), partitions.end(), 0);
  SLUICE_ASSIGN_OR_RETURN(
      const std::vector<load::Fence> fences,
      load::ReadFittingFences(*sink, log, {options.topic_name, options.topic}, partitions));
  for (const load::Fence& fence : fences) {
    SLUICE_ASSIGN_OR_RETURN(const uint64_t start,
                            log.offsets().Start({options.topic, fence.partition}));
    if (fence.next_offset >= start) continue;
    return absl::FailedPreconditionError(
        fmt::format("the sink {} is older than the log: it was given {} records of partition {}, "
                    "and what came next is gone, the log begins at {}. Restore both from one "
                    "backup",
                    sink->name(), fence.next_offset, fence.partition, start));
  }
  return sink;
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
  SLUICE_ASSIGN_OR_RETURN(auto sink, OpenFedSink(options_, log_, random_));
  SLUICE_RETURN_IF_ERROR(load::CheckLogKnows(*sink, log_, {options_.topic_name, options_.topic}));
  load::LoadRunnerOptions options;
  options.topic = options_.topic_name;
  options.sink = options_.sink.record.name;
  options.in = options_.topic;
  options.results = options_.results;
  options.quarantine = options_.quarantine;
  SLUICE_ASSIGN_OR_RETURN(runner_, load::LoadRunner::Create(options, log_, catalog_, clock_,
                                                            std::move(sink), observer_));
  return absl::OkStatus();
}

absl::StatusOr<pipeline::StepResult> SinkFeed::Step() {
  if (runner_ == nullptr) {
    if (clock_.MonotonicNanos() < retry_at_nanos_) return pipeline::StepResult::kIdle;
    if (const absl::Status status = Open(); !status.ok()) {
      Fail(status);
      return pipeline::StepResult::kIdle;
    }
    logger_.Info("a sink is fed again", {{"sink", options_.sink.record.name}});
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
  logger_.Error("a sink is not fed; its imports wait", {{"sink", options_.sink.record.name},
                                                        {"url", options_.sink.record.url},
                                                        {"reason", base::Message(status)}});
}

absl::Status SinkFeed::health() const {
  base::MutexLock lock(&mutex_);
  return base::Annotate(failure_, fmt::format("sink {} is not fed", options_.sink.record.name));
}

}  // namespace sluice::cli

#include "cli/lag_meter.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/kafka_setup.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kEvery = absl::Seconds(2);
// A broker may be restarted, or a partition get another leader, without anybody being told.
constexpr int64_t kPatienceNanos = 5'000'000'000;

}  // namespace

LagMeter::LagMeter(ServiceContext& context, std::vector<ServicePart*> parts)
    : context_(context), parts_(std::move(parts)) {
  const auto wait = [this](uint64_t, absl::Duration timeout) {
    // Zero: the worker only asks where it stands.
    if (timeout > absl::ZeroDuration()) context_.stop().WaitFor(kEvery);
    return uint64_t{0};
  };
  worker_ = std::make_unique<Worker>(WorkerOptions{"lag", true}, wait, context_.stop(),
                                     context_.logger(), [this] { return Step(); });
}

absl::Status LagMeter::health() const {
  base::MutexLock lock(&mutex_);
  const bool silent = silent_since_nanos_ != 0 &&
                      context_.clock().MonotonicNanos() - silent_since_nanos_ >= kPatienceNanos;
  return silent ? silence_ : absl::OkStatus();
}

absl::Status LagMeter::Ask() {
  SLUICE_RETURN_IF_ERROR(Open());
  const absl::Status asked = reader_->Ask();
  base::MutexLock lock(&mutex_);
  silence_ = asked;
  if (asked.ok()) {
    silent_since_nanos_ = 0;
  } else if (silent_since_nanos_ == 0) {
    silent_since_nanos_ = context_.clock().MonotonicNanos();
  }
  return asked;
}

absl::StatusOr<pipeline::StepResult> LagMeter::Step() {
  absl::Status failure = Ask();
  for (ServicePart* const part : parts_) {
    if (context_.stop().stopped()) break;
    if (failure.ok()) failure = Measure(*part);
    const kafka::Lag& lag = measured_[part];
    const absl::Duration age =
        lag.oldest.has_value() ? context_.clock().Now() - *lag.oldest : absl::ZeroDuration();
    part->metrics().SetLag(lag.records, std::max(age, absl::ZeroDuration()));
  }
  // A figure is missing, which is no reason to end: the runners tell what is really wrong.
  if (!failure.ok()) return absl::UnavailableError(failure.message());
  return pipeline::StepResult::kIdle;
}

absl::Status LagMeter::Open() {
  if (reader_ != nullptr) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto settings, KafkaSettingsOf(context_.settings()));
  const std::string name =
      fmt::format("{}.lag.{}", context_.settings().kafka.prefix, context_.instance());
  SLUICE_ASSIGN_OR_RETURN(reader_, kafka::LagReader::Open(settings, name, quiet_));
  return absl::OkStatus();
}

absl::Status LagMeter::Measure(ServicePart& part) {
  const ServicePart::Reads reads = part.reads();
  if (reads.topic.empty()) return absl::OkStatus();
  kafka::Lag all;
  for (const uint32_t partition : reads.partitions) {
    if (context_.stop().stopped()) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(const kafka::Lag lag,
                            reader_->Measure(reads.topic, reads.group, partition));
    all.records += lag.records;
    if (!lag.oldest.has_value()) continue;
    all.oldest = std::min(all.oldest.value_or(*lag.oldest), *lag.oldest);
  }
  measured_[&part] = all;
  return absl::OkStatus();
}

}  // namespace sluice::cli

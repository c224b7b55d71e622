#include "cli/service_part.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/kafka_setup.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr int64_t kMeasureEveryNanos = 2'000'000'000;

}  // namespace

ServiceContext::ServiceContext(const config::Settings& settings, std::string target,
                               const base::Clock& clock, base::Random& random,
                               telemetry::Registry& registry, const telemetry::Logger& logger,
                               InstallationSource installation)
    : settings_(settings),
      target_(std::move(target)),
      instance_(InstanceOf(settings)),
      names_(settings.kafka.prefix),
      clock_(clock),
      random_(random),
      registry_(registry),
      logger_(logger),
      installation_(std::move(installation)) {}

ServiceContext::~ServiceContext() = default;

absl::Status ServiceContext::CheckTopics() {
  base::MutexLock lock(&mutex_);
  if (topics_checked_) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto kafka, KafkaSettingsOf(settings_));
  SLUICE_ASSIGN_OR_RETURN(const auto topics, TopicSpecsOf(settings_));
  SLUICE_ASSIGN_OR_RETURN(const auto admin,
                          kafka::TopicAdmin::Open(kafka, TopicPolicyOf(settings_)));
  const absl::Status status = admin->Check(topics);
  if (absl::IsFailedPrecondition(status)) {
    // Somebody mends it while this waits: the order of starts does not matter.
    return absl::UnavailableError(fmt::format(
        "{}; `sluice topics create` makes those that are missing", base::Message(status)));
  }
  SLUICE_RETURN_IF_ERROR(status);
  topics_checked_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<kafka::KafkaLog>> ServiceContext::OpenLog(
    kafka::KafkaLogOptions options, kafka::KafkaObserver& observer) {
  SLUICE_ASSIGN_OR_RETURN(options.settings, KafkaSettingsOf(settings_));
  return kafka::KafkaLog::Open(options, clock_, observer);
}

absl::StatusOr<plan::PlanCatalog*> ServiceContext::Plans() {
  base::MutexLock lock(&mutex_);
  if (plans_ != nullptr) return plans_.get();
  SLUICE_ASSIGN_OR_RETURN(const control::Installation installation, installation_());
  if (plans_log_ == nullptr) {
    kafka::KafkaLogOptions options;
    options.name = fmt::format("{}.plans.{}.{}", settings_.kafka.prefix, target_, instance_);
    options.writes = false;
    SLUICE_ASSIGN_OR_RETURN(plans_log_, OpenLog(std::move(options), quiet_));
  }
  if (plans_log_->id() != installation.log_id) {
    return absl::FailedPreconditionError(fmt::format(
        "control at {} belongs to the log {}, kafka.brokers lead to {}: let both be of one "
        "installation",
        settings_.control.address, installation.log_id, plans_log_->id()));
  }
  SLUICE_ASSIGN_OR_RETURN(const stream::TopicId imports, plans_log_->OpenTopic(names_.Imports()));
  plans_ = std::make_unique<plan::PlanCatalog>(*plans_log_, imports, installation.hash_key);
  return plans_.get();
}

ServicePart::ServicePart(ServiceContext& context, std::string name, std::string suffix, bool groups)
    : context_(context),
      name_(std::move(name)),
      suffix_(std::move(suffix)),
      groups_(groups),
      metrics_(context.registry(), context.clock(), name_),
      assigned_(context.registry().MakeGauge(
          {"sluice_assigned_partitions", "Partitions that this process reads.", {"stage"}, {}},
          {name_})),
      restoring_(context.registry().MakeGauge(
          {"sluice_restore_records_left",
           "Records of the changelog that are still to be read before work goes on.",
           {"stage"},
           {}},
          {name_})) {}

absl::Status ServicePart::Open() {
  SLUICE_RETURN_IF_ERROR(context_.CheckTopics());
  if (log_ == nullptr) {
    kafka::KafkaLogOptions options;
    options.name = fmt::format("{}.{}.{}{}{}", context_.settings().kafka.prefix, name_,
                               context_.instance(), suffix_.empty() ? "" : ".", suffix_);
    Configure(options);
    SLUICE_ASSIGN_OR_RETURN(log_, context_.OpenLog(std::move(options), *this));
  }
  SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*log_, context_.names()));
  SLUICE_RETURN_IF_ERROR(Begin(*log_, topics));
  begun_ = true;
  context_.logger().Info("working", {{"part", name_}});
  return absl::OkStatus();
}

absl::StatusOr<pipeline::StepResult> ServicePart::Step() {
  if (!begun_) SLUICE_RETURN_IF_ERROR(Open());
  SLUICE_ASSIGN_OR_RETURN(const pipeline::StepResult result, Work());
  MeasureLag();
  return result;
}

uint64_t ServicePart::Wait(uint64_t seen, absl::Duration timeout) {
  if (log_ != nullptr) return log_->WaitForWrite(seen, timeout);
  context_.stop().WaitFor(timeout);
  return 0;
}

void ServicePart::ReadsAs(std::string_view group, stream::TopicId topic) {
  group_ = group;
  topic_ = topic;
}

void ServicePart::MeasureLag() {
  const int64_t now = context_.clock().MonotonicNanos();
  if (group_.empty() || now - measured_at_nanos_ < kMeasureEveryNanos) return;
  measured_at_nanos_ = now;
  std::vector<uint32_t> partitions;
  {
    base::MutexLock lock(&mutex_);
    partitions = partitions_.value_or(std::vector<uint32_t>());
  }
  uint64_t lag = 0;
  for (const uint32_t partition : partitions) {
    const auto committed = log_->offsets().Committed(group_, {topic_, partition});
    const auto end = log_->offsets().End({topic_, partition});
    // The next look tells.
    if (!committed.ok() || !end.ok()) return;
    // A marker at the end is counted as a record until somebody has passed it.
    const uint64_t behind = *end - std::min(*end, committed->value_or(0));
    lag += behind <= 1 ? 0 : behind;
  }
  metrics_.SetLag(lag);
}

absl::Status ServicePart::Ready() const {
  if (!begun_) return absl::UnavailableError(fmt::format("{} is starting", name_));
  if (!groups_) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  if (!partitions_.has_value()) {
    return absl::UnavailableError(fmt::format("{} has been given no partition yet", name_));
  }
  if (partitions_->empty()) {
    return absl::UnavailableError(fmt::format(
        "{} is idle: there are more instances than partitions (setting partitions)", name_));
  }
  return absl::OkStatus();
}

void ServicePart::OnMessage(kafka::Severity severity, std::string_view handle,
                            std::string_view text) {
  const telemetry::LogLevel level =
      severity == kafka::Severity::kError     ? telemetry::LogLevel::kError
      : severity == kafka::Severity::kWarning ? telemetry::LogLevel::kWarning
                                              : telemetry::LogLevel::kInfo;
  context_.logger().Log(level, "kafka", {{"handle", handle}, {"text", text}});
}

void ServicePart::OnAssignment(std::string_view group, const std::vector<uint32_t>& partitions) {
  assigned_.Set(static_cast<double>(partitions.size()));
  context_.logger().Info(partitions.empty() ? "no partition is assigned: there are more instances "
                                              "than partitions"
                                            : "partitions are assigned",
                         {{"part", name_},
                          {"group", group},
                          {"partitions", fmt::format("{}", fmt::join(partitions, ","))}});
  base::MutexLock lock(&mutex_);
  partitions_ = partitions;
}

void ServicePart::OnRestore(const kafka::RestoreProgress& progress) {
  restoring_.Set(static_cast<double>(progress.to - std::min(progress.to, progress.at)));
  if (progress.at != progress.from && progress.at < progress.to) return;
  context_.logger().Info("restoring state", {{"part", name_},
                                             {"partition", progress.partition},
                                             {"at", progress.at},
                                             {"to", progress.to},
                                             {"rebuilt", progress.rebuilt}});
}

}  // namespace sluice::cli

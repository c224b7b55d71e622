#include "cli/service_part.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/kafka_setup.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr int64_t kObserveEveryNanos = 2'000'000'000;

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

ServicePart::ServicePart(ServiceContext& context, PartOptions options)
    : context_(context),
      options_(std::move(options)),
      metrics_(context.registry(), context.clock(), options_.name, options_.sink) {
  telemetry::Registry& registry = context.registry();
  const telemetry::Registry::LabelValues labels{options_.name, options_.sink};
  if (options_.groups) {
    assigned_ = registry.MakeGauge({"sluice_assigned_partitions",
                                    "Partitions that this process reads.",
                                    {"stage", "sink"},
                                    {}},
                                   labels);
    idle_ = registry.MakeGauge({"sluice_instance_idle",
                                "1 while there is no partition for this process: there are more "
                                "instances than partitions.",
                                {"stage", "sink"},
                                {}},
                               labels);
  }
  if (options_.state) {
    restoring_ = registry.MakeGauge(
        {"sluice_restore_records_left",
         "Records of the changelog that are still to be read before work goes on.",
         {"stage"},
         {}},
        {options_.name});
  }
  if (!options_.sink.empty()) {
    failing_ = registry.MakeGauge(kSinksFailing, {options_.sink});
  }
}

absl::Status ServicePart::Open() {
  SLUICE_RETURN_IF_ERROR(context_.CheckTopics());
  if (log_ == nullptr) {
    kafka::KafkaLogOptions options;
    options.name =
        fmt::format("{}.{}.{}{}{}", context_.settings().kafka.prefix, options_.name,
                    context_.instance(), options_.sink.empty() ? "" : ".", options_.sink);
    Configure(options);
    SLUICE_ASSIGN_OR_RETURN(log_, context_.OpenLog(std::move(options), *this));
  }
  SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*log_, context_.names()));
  SLUICE_RETURN_IF_ERROR(Begin(*log_, topics));
  begun_ = true;
  context_.logger().Info("working", {{"part", name()}});
  return absl::OkStatus();
}

absl::StatusOr<pipeline::StepResult> ServicePart::Step() {
  auto result = TryStep();
  if (!result.ok()) metrics_.OnError();
  failing_.Set(result.ok() ? 0 : 1);
  const int64_t now = context_.clock().MonotonicNanos();
  if (log_ != nullptr && now - observed_at_nanos_ >= kObserveEveryNanos) {
    observed_at_nanos_ = now;
    Observe(*log_);
  }
  return result;
}

absl::StatusOr<pipeline::StepResult> ServicePart::TryStep() {
  if (!begun_) SLUICE_RETURN_IF_ERROR(Open());
  return Work();
}

absl::StatusOr<pipeline::QuarantineOptions> ServicePart::OpenQuarantine(kafka::KafkaLog& log,
                                                                        std::string source) const {
  pipeline::QuarantineOptions options;
  SLUICE_ASSIGN_OR_RETURN(options.topic, log.OpenTopic(context_.names().Quarantine()));
  options.source = std::move(source);
  options.connector = context_.settings().kafka.prefix;
  options.task = context_.instance();
  return options;
}

uint64_t ServicePart::Wait(uint64_t seen, absl::Duration timeout) {
  if (log_ != nullptr) return log_->WaitForWrite(seen, timeout);
  context_.stop().WaitFor(timeout);
  return 0;
}

void ServicePart::ReadsAs(std::string_view group, std::string topic) {
  base::MutexLock lock(&mutex_);
  group_ = group;
  topic_ = std::move(topic);
}

ServicePart::Reads ServicePart::reads() const {
  base::MutexLock lock(&mutex_);
  return {topic_, group_, partitions_.value_or(std::vector<uint32_t>())};
}

absl::Status ServicePart::Ready() const {
  if (!begun_) return absl::UnavailableError(fmt::format("{} is starting", name()));
  if (!options_.groups) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  if (partitions_.has_value()) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{} has been given no partition yet", name()));
}

std::string ServicePart::Note() const {
  base::MutexLock lock(&mutex_);
  if (!partitions_.has_value() || !partitions_->empty()) return "";
  return fmt::format("{} is idle: there are more instances than partitions (setting partitions)",
                     name());
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
  idle_.Set(partitions.empty() ? 1 : 0);
  // What was being restored is there, or is another's.
  restoring_.Set(0);
  context_.logger().Info(partitions.empty() ? "no partition is assigned: there are more instances "
                                              "than partitions"
                                            : "partitions are assigned",
                         {{"part", name()},
                          {"group", group},
                          {"partitions", fmt::format("{}", fmt::join(partitions, ","))}});
  base::MutexLock lock(&mutex_);
  partitions_ = partitions;
}

void ServicePart::OnRestore(const kafka::RestoreProgress& progress) {
  restoring_.Set(static_cast<double>(progress.to - std::min(progress.to, progress.at)));
  if (progress.at != progress.from && progress.at < progress.to) return;
  context_.logger().Info("restoring state", {{"part", name()},
                                             {"partition", progress.partition},
                                             {"at", progress.at},
                                             {"to", progress.to},
                                             {"rebuilt", progress.rebuilt}});
}

}  // namespace sluice::cli

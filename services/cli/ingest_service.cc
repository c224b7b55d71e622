// serve --target=ingest: reads the imports that control leases to it. Each has a handle of its own
// whose transactional id is the import's, so whoever takes one over shuts out the one before.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/kafka_setup.h"
#include "cli/lease_client.h"
#include "cli/service_targets.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

constexpr int64_t kRenewEveryNanos = 100'000'000;
// Before an import that failed is tried again.
constexpr int64_t kRetryNanos = 1'000'000'000;
// At once in one process.
constexpr size_t kReadersMax = 64;

class IngestService : public ServicePart {
 public:
  IngestService(ServiceContext& context, const std::string& control_address)
      : ServicePart(context, {"ingest", "", false}),
        leases_(control_address),
        uploads_(UploadsOf(context.settings())),
        reading_(context.registry().MakeGauge(
            {"sluice_imports_reading", "Imports that this process reads.", {}, {}})) {}

  // Nothing wakes it: what it waits for is control's answer.
  uint64_t Wait(uint64_t, absl::Duration timeout) override {
    context().stop().WaitFor(std::min(timeout, absl::Nanoseconds(kRenewEveryNanos)));
    return 0;
  }
  void Close() override {
    readings_.clear();
    CloseLog();
  }

 private:
  // The reader goes before its handle.
  struct Reading {
    std::unique_ptr<kafka::KafkaLog> log;
    std::unique_ptr<ingest::ImportReader> reader;
  };

  void Configure(kafka::KafkaLogOptions& options) override { options.writes = false; }

  absl::Status Begin(kafka::KafkaLog&, const LogTopics&) override {
    SLUICE_ASSIGN_OR_RETURN(plans_, context().Plans());
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    auto result = ReadAll();
    reading_.Set(static_cast<double>(readings_.size()));
    return result;
  }

  absl::StatusOr<pipeline::StepResult> ReadAll() {
    const int64_t now = context().clock().MonotonicNanos();
    absl::Status renewed;
    if (now - renewed_at_nanos_ >= kRenewEveryNanos) {
      renewed_at_nanos_ = now;
      renewed = Renew(now);
    }
    bool progress = false;
    for (auto reading = readings_.begin(); reading != readings_.end();) {
      const auto here = reading++;
      SLUICE_ASSIGN_OR_RETURN(const bool moved, Read(here->first, here->second));
      progress = progress || moved;
    }
    if (progress) return pipeline::StepResult::kProgress;
    // While control is away nothing new is begun; what is being read goes on as far as its lead
    // lets it.
    SLUICE_RETURN_IF_ERROR(renewed);
    return pipeline::StepResult::kIdle;
  }

  // True when something was read. The import may be gone after it.
  absl::StatusOr<bool> Read(const std::string& id, Reading& reading) {
    const auto step = reading.reader->Step();
    if (step.ok()) {
      if (*step == ingest::ReadStep::kEnded) {
        ended_.insert(id);
        readings_.erase(id);
      }
      return *step == ingest::ReadStep::kProgress;
    }
    // Nothing of the batch has happened, or nobody knows: who opens it again reads where it stands.
    Fail(id, step.status());
    return false;
  }

  void Fail(const std::string& id, const absl::Status& status) {
    metrics().OnError();
    readings_.erase(id);
    retry_at_nanos_[id] = context().clock().MonotonicNanos() + kRetryNanos;
    const bool taken = absl::IsFailedPrecondition(status);
    context().logger().Log(base::IsRetryable(status) || taken ? telemetry::LogLevel::kWarning
                                                              : telemetry::LogLevel::kError,
                           "an import is not read any more; control is asked who reads it",
                           {{"import", id}, {"reason", base::Message(status)}});
  }

  absl::Status Renew(int64_t now) {
    SLUICE_RETURN_IF_ERROR(ReleaseEnded());
    control::controlpb::RenewLeasesRequest request;
    request.set_instance(context().instance());
    for (const auto& [id, reading] : readings_) request.add_held(id);
    request.set_wants_more(readings_.size() < kReadersMax);
    SLUICE_ASSIGN_OR_RETURN(const auto response, leases_.Renew(request));
    std::map<std::string, control::controlpb::LeaseHolder> holders;
    for (const auto& import : response.imports()) {
      holders[import.import_id()] = import.holder();
      ingest::Lead& lead = LeadOfSink(import.sink());
      if (!Follow(lead, import)) continue;
      lead.Arrived(import.import_id(),
                   static_cast<uint64_t>(std::max<int64_t>(import.finished(), 0)), now);
    }
    DropWhatIsNotHeld(holders);
    absl::Status waiting;
    for (const auto& import : response.imports()) {
      if (import.holder() != control::controlpb::LEASE_HOLDER_YOU) continue;
      if (readings_.count(import.import_id()) != 0 || ended_.count(import.import_id()) != 0) {
        continue;
      }
      if (now < retry_at_nanos_[import.import_id()]) continue;
      const absl::Status begun = BeginReading(import.import_id(), LeadOfSink(import.sink()));
      if (begun.ok()) continue;
      Fail(import.import_id(), begun);
      waiting = begun;
    }
    return base::IsRetryable(waiting) ? waiting : absl::OkStatus();
  }

  ingest::Lead& LeadOfSink(const std::string& sink) {
    return leads_.try_emplace(sink, LeadOf(context().settings())).first->second;
  }

  // Imports that other instances read have their share of the lead too; those whose source has
  // ended have none, and are not followed.
  bool Follow(ingest::Lead& lead, const control::controlpb::RunningImport& import) {
    const bool elsewhere = import.holder() == control::controlpb::LEASE_HOLDER_OTHER;
    if (elsewhere && elsewhere_.insert(import.import_id()).second) {
      lead.Join(import.import_id(), 0);
    }
    if (!elsewhere && elsewhere_.erase(import.import_id()) != 0) lead.Leave(import.import_id());
    if (import.holder() != control::controlpb::LEASE_HOLDER_DONE) return true;
    lead.Leave(import.import_id());
    return false;
  }

  void DropWhatIsNotHeld(const std::map<std::string, control::controlpb::LeaseHolder>& holders) {
    for (auto reading = readings_.begin(); reading != readings_.end();) {
      const auto here = reading++;
      const auto holder = holders.find(here->first);
      if (holder != holders.end() && holder->second == control::controlpb::LEASE_HOLDER_YOU) {
        continue;
      }
      context().logger().Info("an import is read by another instance, or has ended",
                              {{"import", here->first}});
      for (auto& [sink, lead] : leads_) lead.Leave(here->first);
      readings_.erase(here);
    }
    for (auto& [sink, lead] : leads_) {
      for (const std::string& id : known_) {
        if (holders.count(id) == 0) lead.Leave(id);
      }
    }
    known_.clear();
    for (const auto& [id, holder] : holders) known_.insert(id);
    std::erase_if(retry_at_nanos_,
                  [&](const auto& entry) { return known_.count(entry.first) == 0; });
  }

  absl::Status ReleaseEnded() {
    if (ended_.empty()) return absl::OkStatus();
    control::controlpb::ReleaseLeasesRequest request;
    request.set_instance(context().instance());
    for (const std::string& id : ended_) request.add_ended(id);
    SLUICE_RETURN_IF_ERROR(leases_.Release(request));
    ended_.clear();
    return absl::OkStatus();
  }

  absl::Status BeginReading(const std::string& id, ingest::Lead& lead) {
    SLUICE_ASSIGN_OR_RETURN(auto plan, plans_->Find(id, 1));
    if (plan == nullptr) return absl::UnavailableError("waits for the plan of an import");
    kafka::KafkaLogOptions options;
    options.name = fmt::format("{}.ingest.{}", context().settings().kafka.prefix, id);
    options.renew_producer = false;
    Reading reading;
    SLUICE_ASSIGN_OR_RETURN(reading.log, context().OpenLog(std::move(options), observer_));
    SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*reading.log, context().names()));
    SLUICE_ASSIGN_OR_RETURN(
        reading.reader, ingest::ImportReader::Create(ReaderOptionsOf(context().settings(), topics),
                                                     *reading.log, std::move(plan), uploads_, lead,
                                                     &metrics(), context().clock()));
    readings_[id] = std::move(reading);
    context().logger().Info("reading an import", {{"import", id}});
    return absl::OkStatus();
  }

  LeaseClient leases_;
  const uploads::UploadStore uploads_;
  kafka::KafkaObserver observer_;
  telemetry::Gauge reading_;
  plan::PlanCatalog* plans_ = nullptr;
  int64_t renewed_at_nanos_ = 0;
  // By sink.
  std::map<std::string, ingest::Lead> leads_;
  // Read to the end; control does not know yet.
  std::set<std::string> ended_;
  std::set<std::string> elsewhere_;
  std::set<std::string> known_;
  std::map<std::string, int64_t> retry_at_nanos_;
  std::map<std::string, Reading> readings_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeIngestService(ServiceContext& context,
                                               const std::string& control_address) {
  return std::make_unique<IngestService>(context, control_address);
}

}  // namespace sluice::cli

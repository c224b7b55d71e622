// serve --target=ingest: reads the imports that control leases to it. Each has a handle of its own
// whose transactional id is the import's, so whoever takes one over shuts out the one before.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/kafka_setup.h"
#include "cli/lease_client.h"
#include "cli/rpc_setup.h"
#include "cli/service_targets.h"
#include "common/base/status.h"
#include "common/rpc/server.h"
#include "ingest/push_server.h"
#include "ingest/push_sessions.h"
#include "ingest/topic_reader.h"

namespace sluice::cli {
namespace {

constexpr int64_t kRenewEveryNanos = 100'000'000;
// Before an import that failed is tried again.
constexpr int64_t kRetryNanos = 1'000'000'000;
// At once in one process.
constexpr size_t kReadersMax = 64;
// What a pushed batch may take.
constexpr absl::Duration kPushPatience = absl::Seconds(30);
// For closing what is open for pushes when the process ends.
constexpr int64_t kEndNanos = 5'000'000'000;

ingest::PushSessionsOptions SessionsOf(const config::Settings& settings) {
  ingest::PushSessionsOptions options;
  options.idle = absl::Seconds(settings.push.idle_seconds);
  return options;
}

class IngestService : public ServicePart, private ingest::PushHost {
 public:
  IngestService(ServiceContext& context, const std::shared_ptr<grpc::Channel>& control)
      : ServicePart(context, {"ingest", "", false}),
        leases_(context.settings().control.address, control),
        uploads_(UploadsOf(context.settings())),
        reading_(context.registry().MakeGauge(
            {"sluice_imports_reading", "Imports that this process reads.", {}, {}})),
        sessions_(SessionsOf(context.settings()), *this, context.clock()),
        push_server_(sessions_, kPushPatience) {}

  // Only a push wakes it: what it waits for besides is control's answer.
  uint64_t Wait(uint64_t seen, absl::Duration timeout) override {
    return sessions_.WaitForPush(seen, std::min(timeout, absl::Nanoseconds(kRenewEveryNanos)));
  }
  void Close() override {
    EndPushes();
    readings_.clear();
    push_logs_.clear();
    CloseLog();
  }

 private:
  // The reader goes before its handle.
  struct Reading {
    std::unique_ptr<kafka::KafkaLog> log;
    std::unique_ptr<ingest::SourceReader> reader;
  };

  void Configure(kafka::KafkaLogOptions& options) override { options.writes = false; }

  absl::Status Begin(kafka::KafkaLog&, const LogTopics&) override {
    SLUICE_ASSIGN_OR_RETURN(plans_, context().Plans());
    const rpc::ServerOptions options =
        RpcServerOf(context().settings(), context().settings().push.port, context().logger());
    rpc_ = std::make_unique<rpc::Server>(options, std::vector<grpc::Service*>{&push_server_});
    SLUICE_RETURN_IF_ERROR(base::Annotate(rpc_->Start(), "settings grpc.host, push.port"));
    context().logger().Info("taking pushes",
                            {{"grpc", fmt::format("{}:{}", options.host, rpc_->port())}});
    return absl::OkStatus();
  }

  // ingest::PushHost:
  absl::StatusOr<std::string> OpenImport(const ingest::ingestpb::PushTarget& target) override {
    return leases_.OpenPush(context().instance(), target);
  }
  absl::StatusOr<std::unique_ptr<ingest::PushWriter>> OpenWriter(
      const std::string& id, ingest::PushQueue& queue) override {
    SLUICE_ASSIGN_OR_RETURN(auto plan, plans_->Find(id, 1));
    if (plan == nullptr) return absl::UnavailableError("waits for the plan of an import");
    SLUICE_ASSIGN_OR_RETURN(auto log, OpenImportLog(id));
    SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*log, context().names()));
    ingest::Lead& lead = LeadOfSink(plan->plan().sink());
    SLUICE_ASSIGN_OR_RETURN(
        auto writer,
        ingest::PushWriter::Create(ReaderOptionsOf(context().settings(), topics), *log,
                                   std::move(plan), queue, lead, &metrics(), context().clock()));
    push_logs_[id] = std::move(log);
    context().logger().Info("an import is open for pushes", {{"import", id}});
    return writer;
  }
  void CloseWriter(const std::string& id) override { push_logs_.erase(id); }

  // What is open is closed while there is time; what is left then, another instance closes.
  void EndPushes() {
    if (rpc_ == nullptr) return;
    const int64_t deadline = context().clock().MonotonicNanos() + kEndNanos;
    uint64_t seen = 0;
    while (!sessions_.EndAll() && context().clock().MonotonicNanos() < deadline) {
      seen = sessions_.WaitForPush(seen, absl::Milliseconds(10));
    }
    rpc_->Stop(absl::Seconds(1));
    for (std::string& id : sessions_.TakeEnded()) ended_.insert(std::move(id));
    ReleaseEnded().IgnoreError();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    auto result = ReadAll();
    reading_.Set(static_cast<double>(readings_.size() + push_logs_.size()));
    return result;
  }

  absl::StatusOr<pipeline::StepResult> ReadAll() {
    const int64_t now = context().clock().MonotonicNanos();
    absl::Status renewed;
    if (now - renewed_at_nanos_ >= kRenewEveryNanos) {
      renewed_at_nanos_ = now;
      renewed = Renew(now);
    }
    bool progress = sessions_.Step();
    for (std::string& id : sessions_.TakeEnded()) ended_.insert(std::move(id));
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
    retry_at_nanos_[id] = context().clock().MonotonicNanos() + kRetryNanos;
    const bool taken = absl::IsFailedPrecondition(status);
    context().logger().Log(base::IsRetryable(status) || taken ? telemetry::LogLevel::kWarning
                                                              : telemetry::LogLevel::kError,
                           "an import is not read any more; control is asked who reads it",
                           {{"import", id}, {"reason", base::Message(status)}});
    // Last: the id may be its key.
    readings_.erase(id);
  }

  absl::Status Renew(int64_t now) {
    SLUICE_RETURN_IF_ERROR(ReleaseEnded());
    control::controlpb::RenewLeasesRequest request;
    request.set_instance(context().instance());
    for (const auto& [id, reading] : readings_) request.add_held(id);
    const std::vector<std::string> pushed = sessions_.Held();
    for (const std::string& id : pushed) request.add_held(id);
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
    for (const std::string& id : pushed) {
      const auto holder = holders.find(id);
      if (holder == holders.end() || holder->second != control::controlpb::LEASE_HOLDER_YOU) {
        sessions_.Lose(id);
      }
    }
    absl::Status waiting;
    for (const auto& import : response.imports()) {
      if (import.holder() != control::controlpb::LEASE_HOLDER_YOU) continue;
      if (ended_.count(import.import_id()) != 0) continue;
      const bool cancelled = import.state() == control::controlpb::IMPORT_STATE_DRAINING;
      if (std::find(pushed.begin(), pushed.end(), import.import_id()) != pushed.end()) {
        if (cancelled) sessions_.Cancel(import.import_id());
        continue;
      }
      if (const auto reading = readings_.find(import.import_id()); reading != readings_.end()) {
        if (cancelled) reading->second.reader->Cancel();
        continue;
      }
      if (now < retry_at_nanos_[import.import_id()]) continue;
      const absl::Status begun =
          BeginReading(import.import_id(), cancelled, LeadOfSink(import.sink()));
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
      context().logger().Info("an import is read by another instance, is paused, or has ended",
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

  // A handle whose transactional id is the import's.
  absl::StatusOr<std::unique_ptr<kafka::KafkaLog>> OpenImportLog(const std::string& id) {
    kafka::KafkaLogOptions options;
    options.name = fmt::format("{}.ingest.{}", context().settings().kafka.prefix, id);
    options.renew_producer = false;
    return context().OpenLog(std::move(options), observer_);
  }

  absl::Status BeginReading(const std::string& id, bool cancelled, ingest::Lead& lead) {
    SLUICE_ASSIGN_OR_RETURN(auto plan, plans_->Find(id, 1));
    if (plan == nullptr) return absl::UnavailableError("waits for the plan of an import");
    if (plan->plan().source().format() == "push") {
      // Whoever had it open is gone.
      sessions_.Adopt(id, cancelled ? ingest::recordpb::END_REASON_CANCELLED
                                    : ingest::recordpb::END_REASON_COMPLETED);
      return absl::OkStatus();
    }
    Reading reading;
    SLUICE_ASSIGN_OR_RETURN(reading.log, OpenImportLog(id));
    SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*reading.log, context().names()));
    const ingest::ReaderOptions options = ReaderOptionsOf(context().settings(), topics);
    if (plan->plan().source().format() == "topic") {
      SLUICE_ASSIGN_OR_RETURN(const auto kafka, KafkaSettingsOf(context().settings()));
      SLUICE_ASSIGN_OR_RETURN(
          reading.reader, ingest::TopicReader::Create(options, *reading.log, std::move(plan), kafka,
                                                      lead, &metrics(), context().clock()));
    } else {
      SLUICE_ASSIGN_OR_RETURN(reading.reader, ingest::ImportReader::Create(
                                                  options, *reading.log, std::move(plan), uploads_,
                                                  lead, &metrics(), context().clock()));
    }
    if (cancelled) reading.reader->Cancel();
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
  // Of the imports that are open for pushes; the writers go first.
  std::map<std::string, std::unique_ptr<kafka::KafkaLog>> push_logs_;
  ingest::PushSessions sessions_;
  ingest::PushServer push_server_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeIngestService(ServiceContext& context,
                                               const std::shared_ptr<grpc::Channel>& control) {
  return std::make_unique<IngestService>(context, control);
}

}  // namespace sluice::cli

#include "cli/ingest_work.h"

#include <algorithm>

#include "common/base/status.h"
#include "ingest/round_reader.h"

namespace sluice::cli {
namespace {

constexpr int64_t kRenewEveryNanos = 100'000'000;
// Before an import that failed is tried again.
constexpr int64_t kRetryNanos = 1'000'000'000;
// A plan that is on its way is there before that.
constexpr int64_t kPlanNanos = 1'000'000'000;
// At once in one process.
constexpr size_t kReadersMax = 64;

ingest::PushSessionsOptions SessionsOf(const config::Settings& settings) {
  ingest::PushSessionsOptions options;
  options.idle = absl::Seconds(settings.push.idle_seconds);
  return options;
}

bool Holds(const std::vector<std::string>& list, const std::string& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

IngestWork::IngestWork(IngestWorkOptions options, IngestHost& host, StageMetrics& metrics,
                       const telemetry::Logger& logger, const base::Clock& clock)
    : options_(std::move(options)),
      host_(host),
      metrics_(metrics),
      logger_(logger),
      clock_(clock),
      uploads_(options_.uploads),
      sessions_(SessionsOf(options_.settings), *this, clock) {}

IngestWork::~IngestWork() = default;

uint64_t IngestWork::Wait(uint64_t seen, absl::Duration timeout) const {
  return sessions_.WaitForPush(seen, std::min(timeout, absl::Nanoseconds(kRenewEveryNanos)));
}

absl::StatusOr<std::string> IngestWork::OpenImport(const ingest::ingestpb::PushTarget& target) {
  return host_.OpenPush(target);
}

absl::StatusOr<std::unique_ptr<ingest::PushWriter>> IngestWork::OpenWriter(
    const std::string& id, ingest::PushQueue& queue) {
  SLUICE_ASSIGN_OR_RETURN(auto plan, plans_->Find(id, 1));
  if (plan == nullptr) return absl::UnavailableError("waits for the plan of an import");
  SLUICE_ASSIGN_OR_RETURN(auto log, host_.OpenImportLog(id));
  SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*log, options_.names));
  ingest::Lead& lead = LeadOfSink(plan->plan().sink());
  SLUICE_ASSIGN_OR_RETURN(
      auto writer, ingest::PushWriter::Create(ReaderOptionsOf(options_.settings, topics), *log,
                                              std::move(plan), queue, lead, &metrics_, clock_));
  push_logs_[id] = std::move(log);
  logger_.Info("an import is open for pushes", {{"import", id}});
  return writer;
}

bool IngestWork::EndPushes() {
  const bool ended = sessions_.EndAll();
  for (std::string& id : sessions_.TakeEnded()) ended_.insert(std::move(id));
  // What is not told now, whoever holds the import next finds out.
  ReleaseEnded().IgnoreError();
  return ended;
}

absl::StatusOr<pipeline::StepResult> IngestWork::Step() {
  const int64_t now = clock_.MonotonicNanos();
  absl::Status renewed;
  if (now - renewed_at_nanos_ >= kRenewEveryNanos) {
    renewed_at_nanos_ = now;
    renewed = Renew(now);
  }
  bool progress = sessions_.Step();
  for (std::string& id : sessions_.TakeEnded()) ended_.insert(std::move(id));
  for (auto reading = readings_.begin(); reading != readings_.end();) {
    const auto here = reading++;
    progress = Read(here->first, here->second) || progress;
  }
  if (progress) return pipeline::StepResult::kProgress;
  // While control is away nothing new is begun; what is being read goes on as far as its lead
  // lets it.
  SLUICE_RETURN_IF_ERROR(renewed);
  return pipeline::StepResult::kIdle;
}

bool IngestWork::Read(const std::string& id, Reading& reading) {
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

void IngestWork::Fail(const std::string& id, const absl::Status& status) {
  metrics_.OnError();
  retry_at_nanos_[id] = clock_.MonotonicNanos() + kRetryNanos;
  const bool taken = absl::IsFailedPrecondition(status);
  logger_.Log(base::IsRetryable(status) || taken ? telemetry::LogLevel::kWarning
                                                 : telemetry::LogLevel::kError,
              "an import is not read any more; control is asked who reads it",
              {{"import", id}, {"reason", base::Message(status)}});
  // Last: the id may be its key.
  readings_.erase(id);
}

absl::Status IngestWork::Renew(int64_t now) {
  SLUICE_RETURN_IF_ERROR(ReleaseEnded());
  control::controlpb::RenewLeasesRequest request;
  request.set_instance(options_.instance);
  for (const auto& [id, reading] : readings_) request.add_held(id);
  const std::vector<std::string> pushed = sessions_.Held();
  for (const std::string& id : pushed) request.add_held(id);
  request.set_wants_more(readings_.size() < kReadersMax);
  SLUICE_ASSIGN_OR_RETURN(const auto response, host_.RenewLeases(request));
  std::map<std::string, control::controlpb::LeaseHolder> holders;
  for (const auto& import : response.imports()) {
    holders[import.lease()] = import.holder();
    ingest::Lead& lead = LeadOfSink(import.sink());
    if (!Follow(lead, import)) continue;
    lead.Arrived(import.lease(), static_cast<uint64_t>(std::max<int64_t>(import.finished(), 0)),
                 now);
  }
  DropWhatIsNotHeld(holders);
  for (const std::string& id : pushed) {
    const auto holder = holders.find(id);
    if (holder == holders.end() || holder->second != control::controlpb::LEASE_HOLDER_YOU) {
      sessions_.Lose(id);
    }
  }
  return Obey(response, pushed, now);
}

absl::Status IngestWork::Obey(const control::controlpb::RenewLeasesResponse& response,
                              const std::vector<std::string>& pushed, int64_t now) {
  absl::Status waiting;
  for (const auto& import : response.imports()) {
    const std::string& id = import.lease();
    if (import.holder() != control::controlpb::LEASE_HOLDER_YOU || ended_.count(id) != 0) continue;
    const bool cancelled = import.state() == control::controlpb::IMPORT_STATE_DRAINING;
    if (Holds(pushed, id)) {
      if (cancelled) sessions_.Cancel(id);
      continue;
    }
    if (const auto reading = readings_.find(id); reading != readings_.end()) {
      if (cancelled) reading->second.reader->Cancel();
      continue;
    }
    if (now < retry_at_nanos_[id]) continue;
    SLUICE_ASSIGN_OR_RETURN(const auto plan, plans_->Find(import.import_id(), 1));
    if (plan == nullptr) {
      const int64_t since = waiting_since_nanos_.try_emplace(id, now).first->second;
      if (now - since > kPlanNanos) {
        waiting = absl::UnavailableError("waits for the plan of an import");
      }
      continue;
    }
    const absl::Status begun = BeginReading(import, plan, cancelled);
    if (begun.ok()) continue;
    Fail(id, begun);
    waiting = begun;
  }
  return base::IsRetryable(waiting) ? waiting : absl::OkStatus();
}

ingest::Lead& IngestWork::LeadOfSink(const std::string& sink) {
  return leads_.try_emplace(sink, LeadOf(options_.settings)).first->second;
}

// Imports that other instances read have their share of the lead too; those whose source has ended
// have none, and are not followed.
bool IngestWork::Follow(ingest::Lead& lead, const control::controlpb::RunningImport& import) {
  const bool elsewhere = import.holder() == control::controlpb::LEASE_HOLDER_OTHER;
  if (elsewhere && elsewhere_.insert(import.lease()).second) lead.Join(import.lease(), 0);
  if (!elsewhere && elsewhere_.erase(import.lease()) != 0) lead.Leave(import.lease());
  if (import.holder() != control::controlpb::LEASE_HOLDER_DONE) return true;
  lead.Leave(import.lease());
  return false;
}

void IngestWork::DropWhatIsNotHeld(
    const std::map<std::string, control::controlpb::LeaseHolder>& holders) {
  for (auto reading = readings_.begin(); reading != readings_.end();) {
    const auto here = reading++;
    const auto holder = holders.find(here->first);
    if (holder != holders.end() && holder->second == control::controlpb::LEASE_HOLDER_YOU) {
      continue;
    }
    logger_.Info("an import is read by another instance, is paused, or has ended",
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
  const auto gone = [&](const auto& entry) { return known_.count(entry.first) == 0; };
  std::erase_if(retry_at_nanos_, gone);
  std::erase_if(waiting_since_nanos_, gone);
}

absl::Status IngestWork::ReleaseEnded() {
  if (ended_.empty()) return absl::OkStatus();
  control::controlpb::ReleaseLeasesRequest request;
  request.set_instance(options_.instance);
  for (const std::string& id : ended_) request.add_ended(id);
  SLUICE_RETURN_IF_ERROR(host_.ReleaseLeases(request));
  ended_.clear();
  return absl::OkStatus();
}

absl::Status IngestWork::BeginReading(const control::controlpb::RunningImport& import,
                                      std::shared_ptr<const plan::CompiledPlan> plan,
                                      bool cancelled) {
  const std::string& id = import.import_id();
  ingest::Lead& lead = LeadOfSink(import.sink());
  const std::string format = plan->plan().source().format();
  const bool stored = import.round() > 0;
  if (format == "push" && !stored) {
    // Whoever had it open is gone.
    sessions_.Adopt(id, cancelled ? ingest::recordpb::END_REASON_CANCELLED
                                  : ingest::recordpb::END_REASON_COMPLETED);
    return absl::OkStatus();
  }
  Reading reading;
  SLUICE_ASSIGN_OR_RETURN(reading.log, host_.OpenImportLog(id));
  SLUICE_ASSIGN_OR_RETURN(const LogTopics topics, OpenLogTopics(*reading.log, options_.names));
  const ingest::ReaderOptions options = ReaderOptionsOf(options_.settings, topics);
  if (format == "topic" && !stored) {
    SLUICE_ASSIGN_OR_RETURN(reading.reader,
                            host_.OpenTopicReader(options, *reading.log, std::move(plan), lead));
  } else {
    SLUICE_ASSIGN_OR_RETURN(
        reading.reader, ingest::OpenStored(options, *reading.log, std::move(plan),
                                           {import.round(), import.round_upload_sha256()}, uploads_,
                                           lead, &metrics_, clock_));
  }
  if (cancelled) reading.reader->Cancel();
  readings_[import.lease()] = std::move(reading);
  logger_.Info("reading an import", {{"import", id}});
  return absl::OkStatus();
}

}  // namespace sluice::cli

// EmbeddedNode while it serves: imports come and change while it runs, and it reads them by leases
// of its own control, with the code of the ingest service.
#include <algorithm>

#include "cli/embedded_node.h"
#include "common/base/status.h"
#include "common/stream/topics.h"

namespace sluice::cli {
namespace {

// Who reads, for the leases: the data directory has one process at a time, so whoever is next goes
// on with what the one before held.
constexpr const char* kInstance = "embedded";
// A new plan is in the log after as long at most.
constexpr absl::Duration kLookAtOutbox = absl::Milliseconds(50);

}  // namespace

absl::Status EmbeddedNode::StartServing(PushOpener open_push) {
  open_push_ = std::move(open_push);
  SLUICE_RETURN_IF_ERROR(OpenControl());
  SLUICE_RETURN_IF_ERROR(FeedSinks());
  // Only now: its thread trims what all feeds have read.
  StartWorker(
      "control", nullptr, [this] { return ControlStep(); },
      [this](uint64_t seen, absl::Duration timeout) {
        return log_->WaitForWrite(seen, std::min(timeout, kLookAtOutbox));
      });
  SLUICE_RETURN_IF_ERROR(StartStages());
  StageMetrics& metrics = *metrics_.at("ingest");
  IngestHost& host = *this;
  work_ = std::make_unique<IngestWork>(
      IngestWorkOptions{options_.settings, kInstance, stream::Topics(), directory_.uploads()}, host,
      metrics, logger_, clock_);
  work_->SetPlans(*catalog_);
  pushes_ended_ = false;
  StartWorker(
      "ingest", &metrics, [this] { return ServingStep(); },
      [this](uint64_t seen, absl::Duration timeout) { return work_->Wait(seen, timeout); });
  return absl::OkStatus();
}

void EmbeddedNode::ImportsChanged() {
  imports_changed_ = true;
  // Not started yet: its start publishes what waits.
  if (control_ != nullptr) control_->OutboxChanged();
}

absl::StatusOr<pipeline::StepResult> EmbeddedNode::ServingStep() {
  if (!ingest_stopped_) return work_->Step();
  work_->StopReading();
  if (work_->EndPushes()) pushes_ended_ = true;
  return pipeline::StepResult::kIdle;
}

absl::Status EmbeddedNode::FeedSinks() {
  SLUICE_ASSIGN_OR_RETURN(const auto imports, store_->ListRunning());
  SLUICE_ASSIGN_OR_RETURN(const auto sinks, store_->ListSinks());
  for (const control::SinkRecord& sink : sinks) {
    const bool wanted = std::any_of(imports.begin(), imports.end(), [&](const auto& import) {
      return import.plan.sink() == sink.name;
    });
    bool fed = false;
    {
      base::MutexLock lock(&mutex_);
      fed = feeds_.count(sink.name) != 0;
    }
    if (!wanted || fed) continue;
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress address, AddressByName(sink.name));
    // No sink may stop the process: its imports wait.
    SLUICE_RETURN_IF_ERROR(StartLoad(address, false));
  }
  return absl::OkStatus();
}

absl::StatusOr<SinkAddress> EmbeddedNode::TakeSink(const std::string& given, bool local) {
  SLUICE_ASSIGN_OR_RETURN(SinkAddress sink, ParseSink(given, options_.settings.data_dir));
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress own, ParseSink("", options_.settings.data_dir));
  if (sink.record.name == own.record.name) return own;
  if (local) {
    base::MutexLock lock(&mutex_);
    given_sinks_.insert_or_assign(sink.record.name, sink);
    return sink;
  }
  SLUICE_ASSIGN_OR_RETURN(const auto known, store_->ListSinks());
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& record) {
    return record.name == sink.record.name;
  });
  if (is_known) return AddressByName(sink.record.name);
  return absl::InvalidArgumentError(
      "--sink: a sink that was never written to is named on the machine itself, without --server");
}

absl::StatusOr<SinkAddress> EmbeddedNode::AddressByName(const std::string& name) {
  {
    base::MutexLock lock(&mutex_);
    const auto given = given_sinks_.find(name);
    if (given != given_sinks_.end()) return given->second;
  }
  SLUICE_ASSIGN_OR_RETURN(const auto known, store_->ListSinks());
  for (const control::SinkRecord& record : known) {
    if (record.name == name) return AddressOf(record);
  }
  return ParseSink("", options_.settings.data_dir);
}

absl::StatusOr<control::controlpb::RenewLeasesResponse> EmbeddedNode::RenewLeases(
    const control::controlpb::RenewLeasesRequest& request) {
  return store_->RenewLeases(request, absl::Seconds(options_.settings.lease.seconds));
}

absl::Status EmbeddedNode::ReleaseLeases(const control::controlpb::ReleaseLeasesRequest& request) {
  return store_->ReleaseLeases(request);
}

absl::StatusOr<std::string> EmbeddedNode::OpenPush(const ingest::ingestpb::PushTarget& target) {
  SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, open_push_(target));
  control::controlpb::RenewLeasesRequest lease;
  lease.set_instance(kInstance);
  lease.add_held(import.id);
  SLUICE_RETURN_IF_ERROR(RenewLeases(lease).status());
  return import.id;
}

absl::StatusOr<std::shared_ptr<stream::Log>> EmbeddedNode::OpenImportLog(const std::string&) {
  // Not owned.
  return std::shared_ptr<stream::Log>(std::shared_ptr<void>(), log_.get());
}

absl::StatusOr<std::unique_ptr<ingest::SourceReader>> EmbeddedNode::OpenTopicReader(
    const ingest::ReaderOptions&, stream::Log&, std::shared_ptr<const plan::CompiledPlan>,
    ingest::Lead&) {
  return absl::InvalidArgumentError("a topic is read by services over Kafka");
}

}  // namespace sluice::cli

// What ingest does in either way to run: reads the imports that control leases to it, takes pushes,
// and follows what people want of both. A step function; the host says what it writes to and who
// control is.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/stage_metrics.h"
#include "cli/stage_parts.h"
#include "common/plan/plan_catalog.h"
#include "common/telemetry/log.h"
#include "common/uploads/upload_store.h"
#include "control/control_store.h"
#include "ingest/push_sessions.h"
#include "ingest/source_reader.h"

namespace sluice::cli {

// Called by the thread that steps.
class IngestHost {
 public:
  virtual ~IngestHost() = default;
  virtual absl::StatusOr<control::controlpb::RenewLeasesResponse> RenewLeases(
      const control::controlpb::RenewLeasesRequest& request) = 0;
  virtual absl::Status ReleaseLeases(const control::controlpb::ReleaseLeasesRequest& request) = 0;
  // A new import for what is pushed, held by this instance; its id.
  virtual absl::StatusOr<std::string> OpenPush(const ingest::ingestpb::PushTarget& target) = 0;
  // What one import is written through; shuts out who wrote it before.
  virtual absl::StatusOr<std::shared_ptr<stream::Log>> OpenImportLog(const std::string& id) = 0;
  // A reader of the plan's topic.
  virtual absl::StatusOr<std::unique_ptr<ingest::SourceReader>> OpenTopicReader(
      const ingest::ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, ingest::Lead& lead) = 0;
};

struct IngestWorkOptions {
  config::Settings settings;
  std::string instance;
  stream::Topics names;
  // Where uploads are.
  std::string uploads;
};

// Sessions may be used by any thread, as they say; the rest belongs to the one that steps. What is
// passed by reference outlives it.
class IngestWork : private ingest::PushHost {
 public:
  IngestWork(IngestWorkOptions options, IngestHost& host, StageMetrics& metrics,
             const telemetry::Logger& logger, const base::Clock& clock);
  ~IngestWork() override;

  // Before the first step.
  void SetPlans(plan::PlanCatalog& plans) { plans_ = &plans; }
  absl::StatusOr<pipeline::StepResult> Step();
  // Waits for a push, or until control is to be asked again.
  uint64_t Wait(uint64_t seen, absl::Duration timeout) const;
  // Goes on with ending what is open for pushes, and takes none; true when nothing is open.
  bool EndPushes();
  // Gives up what is being read: whoever goes on finds where it stands.
  void StopReading() { readings_.clear(); }
  ingest::PushSessions& sessions() { return sessions_; }
  // Imports that are read or open for pushes.
  size_t reading() const { return readings_.size() + push_logs_.size(); }

 private:
  // The reader goes before its handle.
  struct Reading {
    std::shared_ptr<stream::Log> log;
    std::unique_ptr<ingest::SourceReader> reader;
  };

  // ingest::PushHost:
  absl::StatusOr<std::string> OpenImport(const ingest::ingestpb::PushTarget& target) override;
  absl::StatusOr<std::unique_ptr<ingest::PushWriter>> OpenWriter(const std::string& id,
                                                                 ingest::PushQueue& queue) override;
  void CloseWriter(const std::string& id) override { push_logs_.erase(id); }

  // True when something was read. The import may be gone after it.
  bool Read(const std::string& id, Reading& reading);
  void Fail(const std::string& id, const absl::Status& status);
  absl::Status Renew(int64_t now);
  // Begins, cancels and adopts what the answer gives to this instance.
  absl::Status Obey(const control::controlpb::RenewLeasesResponse& response,
                    const std::vector<std::string>& pushed, int64_t now);
  ingest::Lead& LeadOfSink(const std::string& sink);
  bool Follow(ingest::Lead& lead, const control::controlpb::RunningImport& import);
  void DropWhatIsNotHeld(const std::map<std::string, control::controlpb::LeaseHolder>& holders);
  absl::Status ReleaseEnded();
  absl::Status BeginReading(const control::controlpb::RunningImport& import,
                            std::shared_ptr<const plan::CompiledPlan> plan, bool cancelled);

  const IngestWorkOptions options_;
  IngestHost& host_;
  StageMetrics& metrics_;
  const telemetry::Logger logger_;
  const base::Clock& clock_;
  const uploads::UploadStore uploads_;
  plan::PlanCatalog* plans_ = nullptr;
  int64_t renewed_at_nanos_ = 0;
  // By sink.
  std::map<std::string, ingest::Lead> leads_;
  // All below go by the name of the lease. Read to the end; control does not know yet.
  std::set<std::string> ended_;
  std::set<std::string> elsewhere_;
  std::set<std::string> known_;
  std::map<std::string, int64_t> retry_at_nanos_;
  // Imports whose plan has not come yet.
  std::map<std::string, int64_t> waiting_since_nanos_;
  std::map<std::string, Reading> readings_;
  // Of the imports that are open for pushes; the writers go first.
  std::map<std::string, std::shared_ptr<stream::Log>> push_logs_;
  ingest::PushSessions sessions_;
};

}  // namespace sluice::cli

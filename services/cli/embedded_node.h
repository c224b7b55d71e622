// Everything in one process: the embedded log, all stages on threads, SQLite.
//
// Start order: data directory (locked by the caller), log, control database (bound to the log),
// topics, plans, then control, load, map, clean, ingest: readers before writers. Shutdown: ingest
// first, then the others, then sinks and log.
//
// A command starts it for one import (Start). `serve` starts it for all there are and come
// (StartServing): it works with leases as the services over Kafka do, its own control gives them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "cli/data_directory.h"
#include "cli/ingest_work.h"
#include "cli/lag_age.h"
#include "cli/node_snapshot.h"
#include "cli/sink_feed.h"
#include "cli/stage_metrics.h"
#include "cli/stage_parts.h"
#include "cli/step_gate.h"
#include "cli/worker.h"
#include "common/base/mutex.h"
#include "common/config/settings.h"
#include "common/embedded/embedded_log.h"
#include "common/plan/plan_catalog.h"
#include "common/uploads/upload_store.h"
#include "control/change_signal.h"
#include "control/control_runner.h"
#include "control/sqlite_control_store.h"
#include "ingest/source_reader.h"

namespace sluice::cli {

struct NodeOptions {
  config::Settings settings;
  // A long-running node tries again what a one-shot command gives up on.
  bool retry = false;
  // The sink that the command named: the URL that is stored lacks its password.
  std::optional<SinkAddress> sink;
  // Of a preview: the sink to load into, and where the uploads are that another keeps.
  SinkOpener opener;
  std::string uploads;
};

// Makes the import for what is pushed (ImportServer::OpenPush).
using PushOpener =
    std::function<absl::StatusOr<control::ImportRecord>(const ingest::ingestpb::PushTarget&)>;

// Thread-compatible but where it says so; the threads are inside.
class EmbeddedNode : private IngestHost {
 public:
  // What is passed by reference outlives the node.
  static absl::StatusOr<std::unique_ptr<EmbeddedNode>> Open(
      const NodeOptions& options, const DataDirectory& directory, telemetry::Registry& registry,
      const telemetry::Logger& logger, const base::Clock& clock, base::Random& random);
  ~EmbeddedNode() override;

  control::ControlStore& store() { return *store_; }
  uploads::UploadStore& uploads() { return uploads_; }
  base::UlidGenerator& ids() { return ids_; }
  StopSignal& stop() { return stop_; }
  // Thread-safe. Tells who watches imports.
  control::ChangeSignal& changes() { return changes_; }

  // Whether the sink can take the dataset: it can be opened, its table fits or can be made, and no
  // other log feeds it.
  // Thread-safe.
  absl::Status CheckSink(const SinkAddress& sink, const plan::planpb::Plan& plan);
  // The sink that a caller names, as ParseSink. Another than the usual one is new only to a `local`
  // caller: who comes over the network must not make this process open what it likes. Thread-safe.
  absl::StatusOr<SinkAddress> TakeSink(const std::string& given, bool local);
  // What the sink of this name is opened by now. Thread-safe.
  absl::StatusOr<SinkAddress> AddressByName(const std::string& name);
  // Starts the stages, and reads the sources of these imports; all sinks of imports that have not
  // ended are fed.
  absl::Status Start(const std::vector<std::string>& import_ids);
  // Starts the stages, and reads and feeds all imports that have not ended and those that come.
  absl::Status StartServing(PushOpener open_push);
  // All that is owned, as of one moment, for a backup; one at a time. DeadlineExceeded when a stage
  // is in a step that takes long. Thread-safe.
  absl::StatusOr<std::unique_ptr<NodeSnapshot>> TakeSnapshot();
  const DataDirectory& directory() const { return directory_; }
  // While it serves: an import was created, or its state has changed. Thread-safe.
  void ImportsChanged();
  // While it serves. Thread-safe as they say.
  ingest::PushSessions& pushes() { return work_->sessions(); }
  // Waits until something may have changed for an import, or the time is over.
  void WaitForProgress(absl::Duration timeout);
  // Stops reading sources, lets the stages finish what is in the log, then stops them.
  void Drain(absl::Duration timeout);
  void Stop();
  // OK, or the first thing a worker waits for.
  absl::Status Health() const;
  // OK, or the sinks that are not fed and why.
  absl::Status SinkHealth() const;
  // Sets the lag gauges.
  void UpdateMetrics();

 private:
  EmbeddedNode(const NodeOptions& options, const DataDirectory& directory,
               telemetry::Registry& registry, const telemetry::Logger& logger,
               const base::Clock& clock, base::Random& random);
  absl::Status OpenTopics();
  absl::Status OpenControl();
  // FailedPrecondition when the log lacks what control has told it.
  absl::Status CheckPlans();
  // What the stored sink is opened by now.
  absl::StatusOr<SinkAddress> AddressOf(const control::SinkRecord& sink) const;
  // While nobody takes a step.
  absl::Status TakeStores(const std::string& log_directory, NodeSnapshot& snapshot);
  // Feeds the sinks of imports that have not ended.
  absl::Status FeedSinks();
  // Thread-safe.
  std::vector<SinkFeed*> Feeds() const;
  absl::StatusOr<pipeline::StepResult> ServingStep();
  // IngestHost: control is here, and the one handle of the log is for all.
  absl::StatusOr<control::controlpb::RenewLeasesResponse> RenewLeases(
      const control::controlpb::RenewLeasesRequest& request) override;
  absl::Status ReleaseLeases(const control::controlpb::ReleaseLeasesRequest& request) override;
  absl::StatusOr<std::string> OpenPush(const ingest::ingestpb::PushTarget& target) override;
  absl::StatusOr<std::shared_ptr<stream::Log>> OpenImportLog(const std::string& id) override;
  absl::StatusOr<std::unique_ptr<ingest::SourceReader>> OpenTopicReader(
      const ingest::ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, ingest::Lead& lead) override;
  SinkFeedOptions FeedOptions(const SinkAddress& sink) const;
  // `needed`: the process is there for an import into the sink, so a failure of it stops the node.
  // Else its imports wait.
  absl::Status StartLoad(const SinkAddress& sink, bool needed);
  absl::Status StartStages();
  absl::Status StartIngest(const std::vector<std::string>& import_ids);
  absl::StatusOr<pipeline::StepResult> IngestStep();
  absl::StatusOr<pipeline::StepResult> ControlStep();
  absl::Status Trim();
  // Of a stage that reads these topics, each by this group alone.
  void MeasureLag(const std::string& stage, std::string_view group,
                  const std::vector<stream::TopicId>& topics);
  absl::StatusOr<uint64_t> Lag(std::string_view group, stream::TopicId topic);
  bool Idle();
  // `metrics` may be null.
  void StartWorker(const std::string& name, StageMetrics* metrics, Worker::Step step);
  void StartWorker(const std::string& name, StageMetrics* metrics, Worker::Step step,
                   Worker::Wait wait);

  const NodeOptions options_;
  const DataDirectory& directory_;
  telemetry::Registry& registry_;
  const telemetry::Logger logger_;
  const base::Clock& clock_;
  base::Random& random_;
  base::UlidGenerator ids_;
  uploads::UploadStore uploads_;
  std::unique_ptr<embedded::EmbeddedLog> log_;
  std::unique_ptr<control::SqliteControlStore> store_;
  std::unique_ptr<plan::PlanCatalog> catalog_;
  LogTopics topics_;
  std::map<std::string, std::unique_ptr<StageMetrics>> metrics_;
  // By topic and partition; of the thread that scrapes.
  std::map<std::pair<stream::TopicId, uint32_t>, LagAge> lag_ages_;
  std::unique_ptr<control::ControlRunner> control_;
  // None goes while threads run.
  std::map<std::string, std::unique_ptr<SinkFeed>> feeds_ ABSL_GUARDED_BY(mutex_);
  // Sinks as callers named them, by name: what is stored lacks their passwords.
  std::map<std::string, SinkAddress> given_sinks_ ABSL_GUARDED_BY(mutex_);
  // How far ingest is ahead, by sink: one that is not fed holds up no other. Fixed by Start, as is
  // the sink of each import.
  std::map<std::string, ingest::Lead> leads_;
  std::map<std::string, std::string> sink_of_;
  std::vector<std::unique_ptr<pipeline::StageRunner>> stages_;
  std::map<std::string, std::unique_ptr<ingest::SourceReader>> readers_;
  int64_t trimmed_at_nanos_ = 0;
  int64_t control_stepped_at_nanos_ = 0;
  control::ChangeSignal changes_;
  std::atomic<bool> imports_changed_{false};
  PushOpener open_push_;
  // While it serves.
  std::unique_ptr<IngestWork> work_;
  StopSignal stop_;
  StepGate gate_;
  std::atomic<bool> ingest_stopped_{false};
  // Nothing is open for pushes any more.
  std::atomic<bool> pushes_ended_{true};
  mutable base::Mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_ ABSL_GUARDED_BY(mutex_);
  uint64_t progress_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t seen_progress_ = 0;
};

}  // namespace sluice::cli

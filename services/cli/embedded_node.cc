#include "cli/embedded_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/stream/topics.h"
#include "control/journal_window.h"
#include "control/lease_table.h"
#include "ingest/round_reader.h"
#include "load/fence_check.h"
#include "load/stored_dataset.h"

namespace sluice::cli {
namespace {

constexpr int64_t kTrimEveryNanos = 500'000'000;
constexpr int64_t kControlEveryNanos = 50'000'000;

}  // namespace

EmbeddedNode::EmbeddedNode(const NodeOptions& options, const DataDirectory& directory,
                           telemetry::Registry& registry, const telemetry::Logger& logger,
                           const base::Clock& clock, base::Random& random)
    : options_(options),
      directory_(directory),
      registry_(registry),
      logger_(logger),
      clock_(clock),
      random_(random),
      ids_(clock, random),
      uploads_(options.uploads.empty() ? directory.uploads() : options.uploads, random) {}

absl::StatusOr<std::unique_ptr<EmbeddedNode>> EmbeddedNode::Open(
    const NodeOptions& options, const DataDirectory& directory, telemetry::Registry& registry,
    const telemetry::Logger& logger, const base::Clock& clock, base::Random& random) {
  std::unique_ptr<EmbeddedNode> node(
      new EmbeddedNode(options, directory, registry, logger, clock, random));
  // Who holds the data directory writes alone.
  if (options.uploads.empty()) {
    SLUICE_RETURN_IF_ERROR(node->uploads_.Prepare(absl::ZeroDuration()));
  }
  directory.RemoveLeftovers();
  embedded::EmbeddedLogOptions log_options;
  log_options.rocks.path = directory.log();
  log_options.partitions = static_cast<uint32_t>(options.settings.partitions);
  SLUICE_ASSIGN_OR_RETURN(node->log_, embedded::EmbeddedLog::Open(log_options, node->ids_));
  database::SqliteOptions control;
  control.path = directory.control();
  control.cache_bytes = 8 << 20;
  SLUICE_ASSIGN_OR_RETURN(node->store_, control::SqliteControlStore::Open(control, clock, random));
  SLUICE_RETURN_IF_ERROR(node->store_->BindLog(node->log_->id()));
  SLUICE_RETURN_IF_ERROR(node->OpenTopics());
  // Before anybody asks for a rollback.
  if (!options.opener) {
    SLUICE_RETURN_IF_ERROR(
        control::AgeWindow(*node->store_, options.settings.rollback.window_days, clock).status());
  }
  for (const char* stage : {"ingest", "clean", "map", "load"}) {
    node->metrics_.emplace(stage, std::make_unique<StageMetrics>(registry, clock, stage));
  }
  return node;
}

EmbeddedNode::~EmbeddedNode() {
  Stop();
}

absl::Status EmbeddedNode::OpenTopics() {
  SLUICE_ASSIGN_OR_RETURN(topics_, OpenLogTopics(*log_, stream::Topics()));
  SLUICE_ASSIGN_OR_RETURN(const control::Installation installation, store_->GetInstallation());
  catalog_ = std::make_unique<plan::PlanCatalog>(*log_, topics_.imports, installation.hash_key);
  return absl::OkStatus();
}

absl::Status EmbeddedNode::Start(const std::vector<std::string>& import_ids) {
  SLUICE_ASSIGN_OR_RETURN(const auto imports, store_->ListRunning());
  // The sinks to be fed, and whether the process is there for an import into it; a long-running one
  // is there for all, and no sink may stop it.
  std::map<std::string, bool> wanted;
  for (const control::ImportRecord& import : imports) {
    const std::string lease = control::LeaseName(import.id, import.round());
    sink_of_[lease] = import.plan.sink();
    leads_.try_emplace(import.plan.sink(), LeadOf(options_.settings))
        .first->second.Arrived(lease, static_cast<uint64_t>(std::max<int64_t>(import.finished, 0)),
                               0);
    bool& needed = wanted[import.plan.sink()];
    needed = needed || (!options_.retry && std::find(import_ids.begin(), import_ids.end(),
                                                     import.id) != import_ids.end());
  }
  SLUICE_RETURN_IF_ERROR(OpenControl());
  SLUICE_ASSIGN_OR_RETURN(const auto sinks, store_->ListSinks());
  for (const control::SinkRecord& sink : sinks) {
    const auto found = wanted.find(sink.name);
    if (found == wanted.end()) continue;
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress address, AddressOf(sink));
    SLUICE_RETURN_IF_ERROR(StartLoad(address, found->second));
  }
  // Only now: its thread trims what all feeds have read.
  StartWorker("control", nullptr, [this] { return ControlStep(); });
  SLUICE_RETURN_IF_ERROR(StartStages());
  return StartIngest(import_ids);
}

void EmbeddedNode::StartWorker(const std::string& name, StageMetrics* metrics, Worker::Step step) {
  StartWorker(name, metrics, std::move(step), [this](uint64_t seen, absl::Duration timeout) {
    return log_->WaitForWrite(seen, timeout);
  });
}

void EmbeddedNode::StartWorker(const std::string& name, StageMetrics* metrics, Worker::Step step,
                               Worker::Wait wait) {
  auto worker = std::make_unique<Worker>(WorkerOptions{name, options_.retry}, std::move(wait),
                                         stop_, logger_, [this, metrics, step = std::move(step)] {
                                           const StepGate::Pass pass(gate_);
                                           auto result = step();
                                           if (!result.ok() && metrics != nullptr) {
                                             metrics->OnError();
                                           }
                                           return result;
                                         });
  base::MutexLock lock(&mutex_);
  workers_.push_back(std::move(worker));
}

absl::Status EmbeddedNode::OpenControl() {
  control::ControlRunnerOptions options;
  options.results = topics_.results;
  options.imports = topics_.imports;
  // A preview's own control knows of no other import.
  options.clock = options_.opener ? nullptr : &clock_;
  options.window_days = options_.settings.rollback.window_days;
  const auto on_progress = [this](const std::string& lease, int64_t finished) {
    if (const auto sink = sink_of_.find(lease); sink != sink_of_.end()) {
      leads_.at(sink->second)
          .Arrived(lease, static_cast<uint64_t>(std::max<int64_t>(finished, 0)),
                   clock_.MonotonicNanos());
    }
    changes_.Changed();
    base::MutexLock lock(&mutex_);
    ++progress_;
  };
  SLUICE_ASSIGN_OR_RETURN(control_,
                          control::ControlRunner::Create(options, *log_, *store_, on_progress));
  SLUICE_RETURN_IF_ERROR(control_->PublishOutbox());
  return CheckPlans();
}

absl::StatusOr<SinkAddress> EmbeddedNode::AddressOf(const control::SinkRecord& sink) const {
  if (options_.sink.has_value() && options_.sink->record.name == sink.name) return *options_.sink;
  // The data directory's own sink moves with it.
  SLUICE_ASSIGN_OR_RETURN(SinkAddress own, ParseSink("", options_.settings.data_dir));
  return sink.name == own.record.name ? own : SinkAddress{sink, sink.url};
}

SinkFeedOptions EmbeddedNode::FeedOptions(const SinkAddress& sink) const {
  SinkFeedOptions options;
  options.sink = sink;
  options.open.postgres_owner = options_.settings.postgres.owner;
  options.topic_name = stream::Topics().Mapped(sink.record.name);
  options.results = topics_.results;
  options.opener = options_.opener;
  return options;
}

absl::Status EmbeddedNode::CheckSink(const SinkAddress& sink, const plan::planpb::Plan& plan) {
  SinkFeedOptions options = FeedOptions(sink);
  // A topic is made only for a sink that was taken before.
  SLUICE_ASSIGN_OR_RETURN(const auto known, store_->ListSinks());
  for (const control::SinkRecord& record : known) {
    if (record.name != sink.record.name) continue;
    SLUICE_ASSIGN_OR_RETURN(options.topic, log_->OpenTopic(options.topic_name));
  }
  const auto opened = OpenFedSink(options, *log_, random_);
  if (absl::IsOutOfRange(opened.status())) {
    return absl::FailedPreconditionError(opened.status().message());
  }
  if (!opened.ok()) return base::Annotate(opened.status(), "--sink");
  // Of any topic: ids and journal of two logs must not meet in one sink.
  SLUICE_ASSIGN_OR_RETURN(const std::string other, (*opened)->OtherLog(log_->id()));
  if (!other.empty()) return load::FedFromElsewhere((*opened)->name(), other);
  for (const plan::planpb::Dataset& dataset : load::StoredDatasets(plan)) {
    SLUICE_RETURN_IF_ERROR(base::Annotate((*opened)->Prepare({dataset, {}}), "--sink"));
  }
  return absl::OkStatus();
}

absl::Status EmbeddedNode::StartLoad(const SinkAddress& sink, bool needed) {
  SinkFeedOptions options = FeedOptions(sink);
  SLUICE_ASSIGN_OR_RETURN(options.topic, log_->OpenTopic(options.topic_name));
  options.needed = needed;
  const std::string& name = sink.record.name;
  auto feed = std::make_unique<SinkFeed>(options, *log_, *catalog_, clock_, random_,
                                         metrics_.at("load").get(), logger_);
  SLUICE_RETURN_IF_ERROR(feed->Start());
  SinkFeed* const started = feed.get();
  {
    base::MutexLock lock(&mutex_);
    feeds_[name] = std::move(feed);
  }
  StartWorker("load " + name, metrics_.at("load").get(), [started] { return started->Step(); });
  return absl::OkStatus();
}

absl::Status EmbeddedNode::StartStages() {
  const StageParts parts{options_.settings, stream::Topics(), topics_, *log_,
                         log_->state(),     *catalog_,        clock_};
  SLUICE_ASSIGN_OR_RETURN(auto map_runner, MakeMapRunner(parts, metrics_.at("map").get()));
  SLUICE_ASSIGN_OR_RETURN(auto clean_runner, MakeCleanRunner(parts, metrics_.at("clean").get()));
  stages_.push_back(std::move(map_runner));
  StartWorker("map", metrics_.at("map").get(),
              [runner = stages_.back().get()] { return runner->Step(); });
  stages_.push_back(std::move(clean_runner));
  StartWorker("clean", metrics_.at("clean").get(),
              [runner = stages_.back().get()] { return runner->Step(); });
  return absl::OkStatus();
}

absl::Status EmbeddedNode::StartIngest(const std::vector<std::string>& import_ids) {
  const ingest::ReaderOptions options = ReaderOptionsOf(options_.settings, topics_);
  for (const std::string& id : import_ids) {
    SLUICE_ASSIGN_OR_RETURN(auto compiled, catalog_->Find(id, 1));
    if (compiled == nullptr) return absl::InternalError("the plan of an import is missing");
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, store_->GetImport(id));
    const std::string lease = control::LeaseName(id, import.round());
    ingest::RoundSource round{import.round(), ""};
    if (round.round > 0) round.upload_sha256 = import.rounds.rounds().rbegin()->upload_sha256();
    SLUICE_ASSIGN_OR_RETURN(
        readers_[id],
        ingest::OpenStored(options, *log_, std::move(compiled), round, uploads_,
                           leads_.at(sink_of_.at(lease)), metrics_.at("ingest").get(), clock_));
    if (import.state == control::controlpb::IMPORT_STATE_DRAINING) readers_[id]->Cancel();
  }
  if (!readers_.empty())
    StartWorker("ingest", metrics_.at("ingest").get(), [this] { return IngestStep(); });
  return absl::OkStatus();
}

absl::StatusOr<pipeline::StepResult> EmbeddedNode::IngestStep() {
  bool progress = false;
  for (auto reader = readers_.begin(); reader != readers_.end() && !ingest_stopped_;) {
    SLUICE_ASSIGN_OR_RETURN(const ingest::ReadStep step, reader->second->Step());
    progress = progress || step == ingest::ReadStep::kProgress;
    reader = step == ingest::ReadStep::kEnded ? readers_.erase(reader) : std::next(reader);
  }
  return progress ? pipeline::StepResult::kProgress : pipeline::StepResult::kIdle;
}

absl::StatusOr<pipeline::StepResult> EmbeddedNode::ControlStep() {
  const int64_t now = clock_.MonotonicNanos();
  // Each step costs two syncs, which load needs too: results that come close together wait for
  // each other.
  if (now - control_stepped_at_nanos_ < kControlEveryNanos) {
    stop_.WaitFor(absl::Nanoseconds(kControlEveryNanos - (now - control_stepped_at_nanos_)));
  }
  if (imports_changed_.exchange(false)) {
    const absl::Status fed = FeedSinks();
    if (!fed.ok()) imports_changed_ = true;
    SLUICE_RETURN_IF_ERROR(fed);
  }
  SLUICE_ASSIGN_OR_RETURN(const pipeline::StepResult result, control_->Step());
  if (result == pipeline::StepResult::kProgress) {
    control_stepped_at_nanos_ = clock_.MonotonicNanos();
  }
  if (now - trimmed_at_nanos_ >= kTrimEveryNanos) {
    trimmed_at_nanos_ = now;
    SLUICE_RETURN_IF_ERROR(Trim());
  }
  return result;
}

std::vector<SinkFeed*> EmbeddedNode::Feeds() const {
  base::MutexLock lock(&mutex_);
  std::vector<SinkFeed*> feeds;
  for (const auto& [name, feed] : feeds_) feeds.push_back(feed.get());
  return feeds;
}

absl::Status EmbeddedNode::Trim() {
  std::vector<std::pair<std::string_view, stream::TopicId>> read = {
      {stream::kCleanGroup, topics_.raw},
      {stream::kMapGroup, topics_.clean},
      {stream::kControlGroup, topics_.results}};
  for (const SinkFeed* const feed : Feeds()) read.emplace_back(stream::kLoadGroup, feed->topic());
  for (const auto& [group, topic] : read) {
    for (uint32_t partition = 0; partition < log_->partitions(); ++partition) {
      SLUICE_ASSIGN_OR_RETURN(const auto committed, log_->Committed(group, {topic, partition}));
      if (!committed.has_value()) continue;
      SLUICE_RETURN_IF_ERROR(log_->Trim({topic, partition}, *committed));
    }
  }
  return absl::OkStatus();
}

void EmbeddedNode::WaitForProgress(absl::Duration timeout) {
  base::MutexLock lock(&mutex_);
  const auto changed = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return progress_ != seen_progress_;
  };
  mutex_.AwaitWithTimeout(base::Condition(&changed), timeout);
  seen_progress_ = progress_;
}

bool EmbeddedNode::Idle() {
  const auto empty = [](const absl::StatusOr<uint64_t>& lag) { return lag.ok() && *lag == 0; };
  if (!empty(Lag(stream::kCleanGroup, topics_.raw)) ||
      !empty(Lag(stream::kMapGroup, topics_.clean)) ||
      !empty(Lag(stream::kControlGroup, topics_.results))) {
    return false;
  }
  const std::vector<SinkFeed*> feeds = Feeds();
  return std::all_of(feeds.begin(), feeds.end(), [&](const SinkFeed* feed) {
    // For one that is not fed nobody waits.
    return !feed->health().ok() || empty(Lag(stream::kLoadGroup, feed->topic()));
  });
}

void EmbeddedNode::Drain(absl::Duration timeout) {
  ingest_stopped_ = true;
  const int64_t deadline = clock_.MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  while (!stop_.stopped() && !(pushes_ended_ && Idle()) && clock_.MonotonicNanos() < deadline) {
    WaitForProgress(absl::Milliseconds(50));
  }
  Stop();
}

void EmbeddedNode::Stop() {
  stop_.Stop();
  std::vector<std::unique_ptr<Worker>> workers;
  {
    base::MutexLock lock(&mutex_);
    workers.swap(workers_);
  }
  // Joins them: not under the mutex, which they take.
  workers.clear();
}

absl::Status EmbeddedNode::Health() const {
  SLUICE_RETURN_IF_ERROR(stop_.failure());
  base::MutexLock lock(&mutex_);
  for (const auto& worker : workers_) {
    const absl::Status health = worker->health();
    if (!health.ok()) return base::Annotate(health, worker->name());
  }
  return absl::OkStatus();
}

absl::Status EmbeddedNode::SinkHealth() const {
  std::string failing;
  for (const SinkFeed* const feed : Feeds()) {
    const absl::Status health = feed->health();
    if (health.ok()) continue;
    failing += fmt::format("{}{}", failing.empty() ? "" : "; ", base::Message(health));
  }
  return failing.empty() ? absl::OkStatus() : absl::UnavailableError(failing);
}

}  // namespace sluice::cli

// Feeds one sink from its topic. The sink's transaction is the truth: rows, journal, counts and the
// fence move together; the log's group offset only tells lag and what may be trimmed. Results leave
// for control once the sink's commit is durable, from the sink's own outbox, so that none is lost
// and control can tell a repeat by its position.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/clock.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/plan_catalog.h"
#include "common/record/mapped_record.h"
#include "common/stream/log.h"
#include "load/import_loaders.h"
#include "load/purge_job.h"
#include "load/quarantined_rows.h"
#include "load/redo_job.h"
#include "load/rollback_job.h"
#include "load/sink.h"

namespace sluice::load {

struct LoadRunnerOptions {
  std::string topic;
  // The sink's name in plans.
  std::string sink;
  stream::TopicId in = 0;
  stream::TopicId results = 0;
  // Small against commit_records: a transaction takes in something of every partition, so that it
  // writes neighbouring rows, which are spread over the partitions, together.
  stream::PollLimits limits{5000, 16u << 20};
  // Records after which the sink's transaction is committed even if more are waiting. Ingest hears
  // of what is loaded only then: its lead of a second (ingest/lead.h) has to hold more than one
  // transaction, or all stages wait for each other in turn.
  size_t commit_records = 25000;
  // Of a message of results.
  size_t result_bytes_max = pipeline::kResultBytesMax;
  // On a log that other programs read.
  std::optional<pipeline::QuarantineOptions> quarantine;
};

// Thread-compatible. What is passed by reference outlives it.
class LoadRunner {
 public:
  // FailedPrecondition when a fence of the sink does not fit the log (fence_check.h), here or, for
  // partitions that are assigned later, in Step.
  static absl::StatusOr<std::unique_ptr<LoadRunner>> Create(
      const LoadRunnerOptions& options, stream::Log& log, plan::PlanCatalog& catalog,
      const base::Clock& clock, std::unique_ptr<Sink> sink, pipeline::RunnerObserver* observer);
  // After an error nothing of the batch has happened; the next step tries it again.
  absl::StatusOr<pipeline::StepResult> Step();

 private:
  using TotalsKey = std::tuple<std::string, uint32_t, uint32_t>;

  LoadRunner(const LoadRunnerOptions& options, stream::Log& log, plan::PlanCatalog& catalog,
             const base::Clock& clock, std::unique_ptr<Sink> sink,
             pipeline::RunnerObserver* observer, std::unique_ptr<stream::RecordSource> source);
  // Other partitions are read than before: what is open is given up, the new ones go on at their
  // fences.
  absl::Status FollowAssignment();
  bool AssignmentChanged() const { return generation_ != source_->assignment().generation; }
  bool IsAssigned(uint32_t partition) const;
  // The next batch; kIdle when there is none, kProgress when one is there.
  absl::StatusOr<pipeline::StepResult> Read();
  absl::Status GoToFences();
  absl::Status PublishPending();
  // How many records of the batch can be loaded together: up to the first of another dataset.
  absl::StatusOr<size_t> LoadablePrefix();
  absl::Status LoadPrefix(size_t count, pipeline::BatchReport& report);
  absl::Status LoadInTransaction(size_t count, uint64_t next_offset, pipeline::BatchReport& report);
  // Tells the sink what the records will ask for.
  absl::Status ExpectPrefix(size_t count);
  absl::Status LoadRecord(const stream::Record& record);
  absl::Status FinishResults(uint64_t next_offset, pipeline::BatchReport& report);
  absl::Status DropMetIfAllEnded(const pipeline::recordpb::StageResult& totals);
  absl::StatusOr<pipeline::recordpb::StageResult*> TotalsOf(const std::string& import_id,
                                                            uint32_t round, uint32_t partition);
  // Commits what is open and publishes its results. Nothing open: does nothing.
  absl::Status CommitOpen();
  absl::Status CommitSink();
  absl::Status Publish();
  // The next chunk of a rollback or a redo into this sink, in a transaction of its own; false when
  // there is none to do.
  absl::StatusOr<bool> UndoStep();
  absl::Status LookForUndo();
  // Part of what is past in the sink's journal, in a transaction of its own; false when nothing is.
  absl::StatusOr<bool> PurgeStep();
  absl::Status PrepareUndo();
  absl::Status CommitUndo(const UndoChunk& chunk);
  // Gives up what is open: the source goes back to the fences.
  absl::Status AbortOpen();
  pipeline::ResultBuilder& ResultFor(std::string_view import_id, uint32_t round);

  const LoadRunnerOptions options_;
  stream::Log& log_;
  const base::Clock& clock_;
  const std::unique_ptr<Sink> sink_;
  pipeline::RunnerObserver* const observer_;
  const std::unique_ptr<stream::RecordSource> source_;
  // Of the assignment that fences were read for; nothing yet.
  std::optional<uint64_t> generation_;
  // Results of a commit could not be published; they wait in the sink.
  bool publish_failed_ = false;
  stream::RecordBatch batch_;
  // Records before this one are done.
  size_t done_ = 0;
  plan::PlanCatalog& catalog_;
  ImportLoaders loaders_;
  std::map<TotalsKey, pipeline::recordpb::StageResult> totals_;
  std::deque<pipeline::ResultBuilder> results_;
  QuarantinedRows quarantined_;
  // Published but still in the sink's outbox, by partition.
  std::map<uint32_t, uint64_t> published_;
  stream::LogPosition published_position_ = 0;
  // Where the sink stands, by partition.
  std::vector<uint64_t> fence_;
  // The sink's open transaction: batches of several partitions share one commit, and so one sync,
  // as long as there is something to read.
  struct Open {
    bool begun = false;
    size_t records = 0;
    stream::LogPosition position = 0;
    // Where the sink will stand, by partition.
    std::map<uint32_t, uint64_t> offsets;
    // Results to be published, with their partitions.
    std::vector<std::pair<uint32_t, std::string>> results;
    QuarantinedRows::Kept quarantined;
  };
  Open open_;
  // What is being rolled back or done again; and whether it is its turn, when records come too.
  std::optional<plan::UndoTask> undo_task_;
  std::unique_ptr<RollbackJob> rollback_;
  std::unique_ptr<RedoJob> redo_;
  bool undo_turn_ = true;
  int64_t undo_look_at_nanos_ = 0;
  // Of the window that was looked at last: what is to be purged, if anything is left; and whether
  // it is its turn, when records come too.
  std::string purging_;
  std::unique_ptr<PurgeJob> purge_;
  bool purge_turn_ = true;
  record::MappedRecordView record_;
};

}  // namespace sluice::load

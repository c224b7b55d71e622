// Applies results, completes imports and publishes control's outbox. A step function.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/pipeline/stage_runner.h"
#include "common/stream/log.h"
#include "control/control_store.h"

namespace sluice::control {

// An import has ended.
using EndListener = std::function<void(const std::string& import_id)>;
// Rows of an import that have an outcome now, in all.
using ProgressListener = std::function<void(const std::string& import_id, int64_t finished)>;

struct ControlRunnerOptions {
  stream::TopicId results = 0;
  stream::TopicId imports = 0;
  stream::PollLimits limits{1000, 16u << 20};
  // May be empty.
  EndListener on_ended;
  // False: somebody else publishes the outbox.
  bool publishes = true;
  // Gives up journals of imports that ended more days ago (journal_window.h), by this clock; null
  // or 0: none.
  const base::Clock* clock = nullptr;
  int64_t window_days = 0;
};

// Thread-compatible but for OutboxChanged. Log and store outlive it.
class ControlRunner {
 public:
  static absl::StatusOr<std::unique_ptr<ControlRunner>> Create(const ControlRunnerOptions& options,
                                                               stream::Log& log,
                                                               ControlStore& store,
                                                               ProgressListener on_progress);
  absl::StatusOr<pipeline::StepResult> Step();
  // Puts what waits in the outbox into the log.
  absl::Status PublishOutbox();
  // Results taken in since it was made.
  uint64_t applied() const { return applied_; }
  // Somebody else has put something into the outbox: the next step publishes it. Thread-safe.
  void OutboxChanged() { outbox_waits_ = true; }

 private:
  ControlRunner(const ControlRunnerOptions& options, stream::Log& log, ControlStore& store,
                ProgressListener on_progress, std::unique_ptr<stream::RecordSource> source)
      : options_(options),
        log_(log),
        store_(store),
        on_progress_(std::move(on_progress)),
        source_(std::move(source)) {}

  const ControlRunnerOptions options_;
  stream::Log& log_;
  ControlStore& store_;
  const ProgressListener on_progress_;
  const std::unique_ptr<stream::RecordSource> source_;
  // Other partitions are read than before: they go on where the database stands.
  absl::Status FollowAssignment();
  bool AssignmentChanged() const { return generation_ != source_->assignment().generation; }
  absl::Status PollAll();
  absl::Status Apply();
  absl::Status FollowWindow();

  // Of the assignment that offsets were read for; nothing yet.
  std::optional<uint64_t> generation_;
  // What an earlier process left, or an import has begun or ended: that may not yet be in the log.
  std::atomic<bool> outbox_waits_{true};
  stream::RecordBatch batch_;
  // Where the next batch of each partition begins.
  std::map<uint32_t, uint64_t> next_;
  // Read but not yet applied.
  std::vector<PartitionResults> batches_;
  stream::LogPosition position_ = 0;
  uint64_t applied_ = 0;
  int64_t window_at_nanos_ = 0;
};

}  // namespace sluice::control

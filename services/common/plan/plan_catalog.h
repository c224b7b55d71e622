// The plans a stage knows: read from sluice.imports.v1, compiled once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/plan/compiled_plan.h"
#include "common/stream/log.h"
#include "sluice/control/v1/import.pb.h"

namespace sluice::plan {

// An import that is to be rolled back, or that does again what was: as its status says.
struct UndoTask {
  std::string import_id;
  std::shared_ptr<const CompiledPlan> plan;
  control::v1::ImportStatus status;
};

// Thread-safe. The log outlives it.
class PlanCatalog {
 public:
  PlanCatalog(stream::Log& log, stream::TopicId imports, const base::HashKey& key)
      : log_(log), imports_(imports), key_(key) {}

  // The plan or a part of it, or null when the topic, read to its end, does not have it yet.
  absl::StatusOr<std::shared_ptr<const CompiledPlan>> Find(std::string_view import_id,
                                                           uint32_t revision, uint32_t part = 0);

  // What there is to do now, by the topic read to its end; oldest import first.
  absl::StatusOr<std::vector<UndoTask>> UndoTasks();
  // Which imports' journal is not to be kept, as it was told when the topic was read last.
  control::v1::JournalWindow Window();

 private:
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  stream::Log& log_;
  const stream::TopicId imports_;
  const base::HashKey key_;
  base::Mutex mutex_;
  uint64_t next_offset_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::pair<std::string, uint32_t>, std::shared_ptr<const CompiledPlan>> plans_
      ABSL_GUARDED_BY(mutex_);
  // Of imports with something to undo or do again.
  std::map<std::string, control::v1::ImportStatus> undo_ ABSL_GUARDED_BY(mutex_);
  control::v1::JournalWindow window_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::plan

#include "common/plan/plan_catalog.h"

#include "common/base/status.h"
#include "sluice/control/v1/import.pb.h"

namespace sluice::plan {

absl::StatusOr<std::shared_ptr<const CompiledPlan>> PlanCatalog::Find(std::string_view import_id,
                                                                      uint32_t revision,
                                                                      uint32_t part) {
  base::MutexLock lock(&mutex_);
  const std::pair<std::string, uint32_t> key(import_id, revision);
  auto found = plans_.find(key);
  if (found == plans_.end()) {
    SLUICE_RETURN_IF_ERROR(Refresh());
    found = plans_.find(key);
  }
  if (found == plans_.end()) return nullptr;
  auto compiled = PartOf(found->second, part);
  if (compiled == nullptr) return absl::DataLossError("a record names no part of its plan");
  return compiled;
}

absl::StatusOr<std::vector<UndoTask>> PlanCatalog::UndoTasks() {
  base::MutexLock lock(&mutex_);
  SLUICE_RETURN_IF_ERROR(Refresh());
  std::vector<UndoTask> tasks;
  for (const auto& [id, status] : undo_) {
    const auto plan = plans_.find({id, 1});
    if (plan != plans_.end()) tasks.push_back({id, plan->second, status});
  }
  return tasks;
}

control::v1::JournalWindow PlanCatalog::Window() {
  base::MutexLock lock(&mutex_);
  return window_;
}

absl::Status PlanCatalog::Refresh() {
  absl::Status failure;
  const auto visit = [&](std::string_view, std::string_view value) {
    control::v1::ImportEvent event;
    if (!event.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      failure = absl::DataLossError("sluice.imports.v1 holds a damaged record");
      return;
    }
    if (event.has_status()) {
      if (event.status().has_undo() || event.status().has_redo()) {
        undo_[event.import_id()] = event.status();
      } else {
        undo_.erase(event.import_id());
      }
    }
    if (event.has_window()) window_ = event.window();
    if (!event.has_plan()) return;
    const std::pair<std::string, uint32_t> key(event.plan().import_id(), event.plan().revision());
    auto compiled = CompiledPlan::Compile(event.plan(), key_);
    if (compiled.ok()) {
      plans_[key] = std::move(*compiled);
    } else {
      failure = compiled.status();
    }
  };
  SLUICE_ASSIGN_OR_RETURN(next_offset_, log_.ReadTable({imports_, 0}, next_offset_, visit));
  return failure;
}

}  // namespace sluice::plan

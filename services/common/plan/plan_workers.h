// The workers of a stage: one a plan, made when the plan is first met.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"
#include "common/plan/plan_catalog.h"

namespace sluice::plan {

// Worker is constructible from shared_ptr<const CompiledPlan>. Thread-compatible. The catalog
// outlives it.
template <typename Worker>
class PlanWorkers {
 public:
  explicit PlanWorkers(PlanCatalog& catalog) : catalog_(catalog) {}

  // The worker, or null while the plan is not known. Valid until the next call.
  absl::StatusOr<Worker*> Find(std::string_view import_id, uint32_t revision, uint32_t part = 0) {
    if (last_ != nullptr && last_revision_ == revision && last_part_ == part &&
        last_import_ == import_id) {
      return last_;
    }
    const std::tuple<std::string, uint32_t, uint32_t> key(import_id, revision, part);
    auto found = workers_.find(key);
    if (found == workers_.end()) {
      auto compiled = catalog_.Find(import_id, revision, part);
      if (!compiled.ok()) return compiled.status();
      if (*compiled == nullptr) return nullptr;
      // A handful of imports run at a time; the workers of ended ones are not worth keeping.
      if (workers_.size() >= kWorkersMax) workers_.clear();
      found = workers_.emplace(key, std::make_unique<Worker>(*std::move(compiled))).first;
    }
    last_ = found->second.get();
    last_import_ = import_id;
    last_revision_ = revision;
    last_part_ = part;
    return last_;
  }

 private:
  static constexpr size_t kWorkersMax = 16;

  PlanCatalog& catalog_;
  std::map<std::tuple<std::string, uint32_t, uint32_t>, std::unique_ptr<Worker>> workers_;
  Worker* last_ = nullptr;
  std::string last_import_;
  uint32_t last_revision_ = 0;
  uint32_t last_part_ = 0;
};

}  // namespace sluice::plan

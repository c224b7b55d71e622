// The datasets an import has written to, as a rollback or a redo needs them.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/plan/compiled_plan.h"
#include "load/matcher.h"
#include "load/sink.h"

namespace sluice::load {

// One of them.
struct UndoDataset {
  // Null when the import only refers to it.
  std::unique_ptr<LoadPlan> plan;
  std::unique_ptr<Matcher> matcher;
  SinkDataset dataset;
  uint32_t part = 0;
};

// Thread-compatible. The sink outlives it.
class UndoDatasets {
 public:
  // `parts`: of the plan, part 0 first.
  UndoDatasets(Sink& sink, const std::vector<std::shared_ptr<const plan::CompiledPlan>>& parts);

  // Who refers comes before who is referred to, as rows are removed.
  const std::vector<UndoDataset>& all() const { return datasets_; }
  // Null when the import knows no such dataset.
  const UndoDataset* Find(std::string_view name) const;

 private:
  std::vector<UndoDataset> datasets_;
};

// Tells a sink that expects batches which keys will be looked for.
absl::Status ExpectKeys(Sink& sink, const SinkDataset& dataset,
                        std::span<const SinkRow* const> rows);

// A row that holds a key of `after` which `before` had not, and that no stronger field tells apart;
// 0 when there is none. `before` may be nothing: of a new row. An import that creates a row for
// each of its own asks others only for unique fields.
absl::StatusOr<RowId> FindKeyHolder(const UndoDataset& dataset, RowId self,
                                    const std::optional<SinkRow>& before, const SinkRow& after);

}  // namespace sluice::load

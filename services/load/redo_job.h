// Doing again what rollbacks of an import have taken back, as an import of its own: newest rollback
// first, each from its end to its beginning, so that who is referred to is there before who refers.
// A value goes back only where the sink still holds what the rollback has put there.
//
// Its rows are those the rollbacks have recorded; every one ends as added, updated, unchanged or
// skipped. It sends what all stages would: control completes it like any other import. Chunks are
// as those of a rollback (rollback_job.h).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/pipeline/result_builder.h"
#include "load/rollback_job.h"
#include "load/row_writer.h"

namespace sluice::load {

// Thread-compatible. The sink outlives it; its datasets are prepared.
class RedoJob {
 public:
  // `parts`: of the redo's own plan, part 0 first. `partitions`: of the log.
  RedoJob(Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
          const controlpb::RedoOrder& order, uint32_t partitions);

  // As RollbackJob::Step.
  absl::StatusOr<UndoChunk> Step();

 private:
  uint64_t sequence() const { return parts_.front()->plan().sequence(); }
  absl::StatusOr<storagepb::UndoState> ReadState();
  // The chunk before the one that was done last; nothing when there is none left.
  absl::StatusOr<std::string> NextChunk(storagepb::UndoState& state);
  absl::Status RedoRows(const storagepb::UndoneRows& rows, pipeline::ResultBuilder& result);
  // Tells a sink that expects batches what these rows will ask it.
  absl::Status ExpectRows(const UndoDataset& dataset, const std::vector<UndoneRow>& undone);
  // The rows that the references of `row` mean, where the import knows their datasets.
  std::vector<std::pair<const UndoDataset*, RowId>> TargetsOf(const UndoDataset& dataset,
                                                              const SinkRow& row) const;
  absl::Status Create(const UndoDataset& dataset, const UndoneRow& row,
                      pipeline::ResultBuilder& result);
  absl::Status Change(const UndoDataset& dataset, const UndoneRow& row,
                      pipeline::ResultBuilder& result);
  // A row that the reference meant is not there any more: it is blank instead.
  absl::Status CheckReferences(const UndoDataset& dataset, const Undone& undone, SinkRow& row,
                               pipeline::ResultBuilder& result);
  void Skip(const UndoneRow& row, std::string_view code, pipeline::ResultBuilder& result);
  absl::Status Finish(storagepb::UndoState& state, pipeline::ResultBuilder& result, bool ended,
                      UndoChunk& chunk);

  Sink& sink_;
  const std::vector<std::shared_ptr<const plan::CompiledPlan>> parts_;
  const controlpb::RedoOrder order_;
  const uint32_t partitions_;
  const UndoDatasets datasets_;
};

}  // namespace sluice::load

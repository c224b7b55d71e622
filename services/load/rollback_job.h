// One rollback of an import that has ended: chunk by chunk, newest rows first, each chunk in one
// transaction of the sink with the place it has come to. Killed at any moment it goes on where it
// was; done, it does nothing (docs/rollback.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "load/row_undo.h"
#include "load/undo_datasets.h"
#include "load/undo_record.h"
#include "sluice/control/v1/import.pb.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::load {

namespace controlpb = ::sluice::control::v1;
namespace recordpb = ::sluice::record::v1;

// What one chunk leads to.
struct UndoChunk {
  // To be told to control: of this import, and of others whose waiting rows could go.
  std::vector<recordpb::StageResult> results;
  // Rows of the sink that were looked at.
  size_t rows = 0;
  bool done = false;
};

// Thread-compatible. The sink outlives it; its datasets are prepared.
class RollbackJob {
 public:
  static constexpr size_t kChunkRows = 10000;

  // `parts`: of the import's plan, part 0 first.
  RollbackJob(Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
              const controlpb::UndoOrder& order, size_t chunk_rows = kChunkRows);

  const UndoDatasets& datasets() const { return datasets_; }
  // The next chunk, in the sink's open transaction. After an error that is to be aborted, and the
  // same chunk tried again.
  absl::StatusOr<UndoChunk> Step();

 private:
  // A row of the chunk.
  struct Work {
    RowChain chain;
    std::optional<SinkRow> row;
    std::unique_ptr<RowUndo> undo;
  };
  // How far the rollbacks of an import are, as the open transaction leaves it.
  struct Progress {
    storagepb::UndoState state;
    recordpb::UndoTotals totals;
    std::vector<recordpb::Issue> issues;
    uint32_t number = 0;
    bool changed = false;
  };
  // What an import has had undone in this chunk, by import and dataset. In the order of the
  // datasets: a redo begins at the end, and who is referred to must be there before who refers.
  using Recorders = std::map<std::pair<uint64_t, const UndoDataset*>, UndoneRecorder>;

  uint64_t sequence() const { return parts_.front()->plan().sequence(); }
  // Of the latest rollback of an import; nothing when there was none.
  absl::StatusOr<Progress*> ProgressOf(uint64_t import_sequence);
  absl::StatusOr<Progress*> OwnProgress();
  absl::Status UndoRows(const UndoDataset& dataset, Progress& progress, UndoChunk& chunk);
  absl::Status UndoRow(const UndoDataset& dataset, Work& work, Progress& progress);
  // Whether the chain begins with a creation that waits, for a rollback that is known: what a purge
  // has left of others counts for nothing.
  absl::StatusOr<bool> Waits(const RowChain& chain);
  // Writes what was decided of a row.
  absl::Status Write(const UndoDataset& dataset, Work& work);
  // Counts and tells what became of a row's creation; of another import's too.
  absl::Status ReportCreation(const UndoDataset& dataset, const Work& work, bool waited);
  void Keep(const UndoDataset& dataset, const std::vector<KeptValue>& values, Progress& progress);
  // Rows that this one no longer refers to, which may have waited for that.
  void NoteTargets(const UndoDataset& dataset, const Work& work);
  absl::Status TryWaiting();
  UndoneRecorder& RecorderOf(uint64_t import_sequence, const UndoDataset& dataset);
  absl::Status Finish(UndoChunk& chunk);

  Sink& sink_;
  const std::vector<std::shared_ptr<const plan::CompiledPlan>> parts_;
  const controlpb::UndoOrder order_;
  const size_t chunk_rows_;
  UndoFilter filter_;
  const UndoDatasets datasets_;
  std::map<uint64_t, Progress> progress_;
  Recorders recorders_;
  std::vector<std::pair<const UndoDataset*, RowId>> targets_;
};

}  // namespace sluice::load

#include "load/rollback_preview.h"

#include <map>

#include "common/base/status.h"
#include "load/sqlite_sink.h"

namespace sluice::load {
namespace {

void Take(const UndoChunk& chunk, const std::string& import_id, size_t shown_of_code,
          std::map<std::string, size_t>& shown, RollbackPreview& preview) {
  for (const recordpb::StageResult& result : chunk.results) {
    if (result.import_id() != import_id) continue;
    preview.totals = result.undo();
    for (const recordpb::Issue& issue : result.issues()) {
      if (shown[issue.code()]++ < shown_of_code) preview.conflicts.push_back(issue);
    }
  }
}

}  // namespace

absl::StatusOr<RollbackPreview> PreviewRollback(
    Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
    const controlpb::UndoOrder& order, const RollbackPreviewOptions& options) {
  const std::string import_id = parts.front()->plan().import_id();
  RollbackJob job(sink, std::move(parts), order, options.chunk_rows);
  for (const UndoDataset& dataset : job.datasets().all()) {
    SLUICE_RETURN_IF_ERROR(sink.Prepare(dataset.dataset));
  }
  RollbackPreview preview;
  std::map<std::string, size_t> shown;
  bool begun = false;
  for (bool done = false; !done;) {
    if (!begun) SLUICE_RETURN_IF_ERROR(sink.Begin());
    begun = options.give_up;
    const auto chunk = job.Step();
    if (!chunk.ok()) {
      sink.Abort();
      return chunk.status();
    }
    Take(*chunk, import_id, options.shown_of_code, shown, preview);
    done = chunk->done;
    if (!options.give_up) SLUICE_RETURN_IF_ERROR(sink.Commit());
  }
  if (options.give_up) sink.Abort();
  return preview;
}

absl::StatusOr<std::unique_ptr<Sink>> CopySqliteSink(const database::SqliteOptions& sink,
                                                     const std::string& copy,
                                                     base::Random& random) {
  {
    database::SqliteOptions reads = sink;
    reads.read_only = true;
    SLUICE_ASSIGN_OR_RETURN(const auto connection, database::SqliteConnection::Open(reads));
    SLUICE_ASSIGN_OR_RETURN(auto vacuum, connection->Prepare("VACUUM INTO ?"));
    vacuum.Bind(1, copy);
    SLUICE_RETURN_IF_ERROR(vacuum.Run());
  }
  database::SqliteOptions scratch;
  scratch.path = copy;
  scratch.vfs = sink.vfs;
  scratch.scratch = true;
  return SqliteSink::Open(scratch, random);
}

}  // namespace sluice::load

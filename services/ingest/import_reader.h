// Reads the stored upload of one import into sluice.raw.v1. The position is written in the
// transaction of the records before it, so whoever goes on starts at the exact row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/formats/row_reader.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/compiled_plan.h"
#include "common/stream/log.h"
#include "common/uploads/upload_store.h"
#include "ingest/lead.h"
#include "ingest/record_sender.h"
#include "ingest/source_reader.h"

namespace sluice::ingest {

// Thread-compatible. What is passed by reference outlives it.
class ImportReader : public SourceReader {
 public:
  static absl::StatusOr<std::unique_ptr<ImportReader>> Create(
      const ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, const uploads::UploadStore& uploads,
      Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock);

  absl::StatusOr<ReadStep> Step() override;
  void Cancel() override { cancelled_ = true; }

 private:
  ImportReader(const ReaderOptions& options, stream::Log& log,
               std::shared_ptr<const plan::CompiledPlan> plan, const uploads::UploadStore& uploads,
               Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock);
  // Opens the part of the source that the position is in, there.
  absl::Status OpenPart();
  // The next part is begun: its records may refer to rows of those before it, so all of these must
  // be in the sink first.
  bool WaitsForParents();
  // Reads up to `rows` records; true when the part has ended.
  absl::StatusOr<bool> ReadRows(uint64_t rows, stream::Transaction& transaction);

  const ReaderOptions options_;
  const uploads::UploadStore& uploads_;
  RecordSender sender_;
  std::unique_ptr<formats::RowReader> rows_;
  bool cancelled_ = false;
};

}  // namespace sluice::ingest

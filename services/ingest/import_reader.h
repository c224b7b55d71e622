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

namespace sluice::ingest {

struct ImportReaderOptions {
  SenderTopics topics;
  uint64_t records_max = 10000;
  uint64_t bytes_max = 8u << 20;
};

enum class ReadStep {
  kProgress,
  kThrottled,  // as far ahead as it may be
  kEnded,      // the end of the import is in the log
};

// Thread-compatible. What is passed by reference outlives it.
class ImportReader {
 public:
  static absl::StatusOr<std::unique_ptr<ImportReader>> Create(
      const ImportReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, const uploads::UploadStore& uploads,
      Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock);

  // Reads one batch. After an error nothing of it has happened, and the reader must be made anew.
  absl::StatusOr<ReadStep> Step();
  // The next step ends the import where it is. Nothing happens when its end is in the log.
  void Cancel() { cancelled_ = true; }

 private:
  ImportReader(const ImportReaderOptions& options, stream::Log& log,
               std::shared_ptr<const plan::CompiledPlan> plan, Lead& lead,
               pipeline::RunnerObserver* observer, const base::Clock& clock);
  // Reads up to `rows` records; true when the source has ended.
  absl::StatusOr<bool> ReadRows(uint64_t rows, stream::Transaction& transaction);

  const ImportReaderOptions options_;
  stream::Log& log_;
  Lead& lead_;
  pipeline::RunnerObserver* const observer_;
  const base::Clock& clock_;
  RecordSender sender_;
  std::unique_ptr<formats::RowReader> rows_;
  bool cancelled_ = false;
};

}  // namespace sluice::ingest

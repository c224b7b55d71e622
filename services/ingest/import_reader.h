// Reads the stored upload of one import into sluice.raw.v1. The position is written in the
// transaction of the records before it, so whoever goes on starts at the exact row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/formats/row_reader.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/compiled_plan.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"
#include "common/stream/log.h"
#include "common/uploads/upload_store.h"
#include "ingest/lead.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::ingest {

struct ImportReaderOptions {
  stream::TopicId raw = 0;
  stream::TopicId positions = 0;
  stream::TopicId results = 0;
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

 private:
  ImportReader(const ImportReaderOptions& options, stream::Log& log,
               std::shared_ptr<const plan::CompiledPlan> plan, Lead& lead,
               pipeline::RunnerObserver* observer, const base::Clock& clock);
  absl::Status ReadPosition();
  // Reads up to `rows` records; true when the source has ended.
  absl::StatusOr<bool> ReadRows(uint64_t rows, stream::Transaction& transaction);
  void Send(const formats::RowView& row, stream::Transaction& transaction);
  uint32_t PartitionFor(const plan::Identity& identity) const;
  void SendEnd(stream::Transaction& transaction);
  void SendResult(uint32_t partition, bool ended, stream::Transaction& transaction);

  const ImportReaderOptions options_;
  stream::Log& log_;
  const std::shared_ptr<const plan::CompiledPlan> plan_;
  Lead& lead_;
  pipeline::RunnerObserver* const observer_;
  const base::Clock& clock_;
  const std::string import_id_;
  plan::RowCleaner cleaner_;
  plan::RowMapper mapper_;
  std::unique_ptr<formats::RowReader> rows_;
  storage::v1::IngestPosition position_;
  std::vector<record::CleanCell> cells_;
  std::vector<plan::Issue> issues_;
  plan::MappedRow mapped_;
  std::string encoded_;
  uint64_t batch_bytes_ = 0;
};

// Key of an import's position in sluice.positions.v1.
std::string PositionKey(std::string_view import_id, uint32_t round);

}  // namespace sluice::ingest

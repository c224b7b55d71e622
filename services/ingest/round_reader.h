// Reads the rows of a later round (design section 7): control has put them together from what was
// sent back, as a file of RawRecords. The position is written in the transaction of the records
// before it, as that of any source.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/record/raw_record.h"
#include "common/record/record_file.h"
#include "common/uploads/upload_store.h"
#include "ingest/record_sender.h"
#include "ingest/source_reader.h"

namespace sluice::ingest {

// Which rows: of round 0 those of the plan's source, of a later one those of an upload.
struct RoundSource {
  uint32_t round = 0;
  std::string upload_sha256;
};

// A reader of what is stored of an import's round. What is passed by reference outlives it.
absl::StatusOr<std::unique_ptr<SourceReader>> OpenStored(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    const RoundSource& source, const uploads::UploadStore& uploads, Lead& lead,
    pipeline::RunnerObserver* observer, const base::Clock& clock);

// Thread-compatible. What is passed by reference outlives it.
class RoundReader : public SourceReader {
 public:
  static absl::StatusOr<std::unique_ptr<RoundReader>> Create(
      const ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, const RoundSource& source,
      const uploads::UploadStore& uploads, Lead& lead, pipeline::RunnerObserver* observer,
      const base::Clock& clock);

  absl::StatusOr<ReadStep> Step() override;
  void Cancel() override { cancelled_ = true; }

 private:
  RoundReader(const ReaderOptions& options, stream::Log& log,
              std::shared_ptr<const plan::CompiledPlan> plan, uint32_t round, Lead& lead,
              pipeline::RunnerObserver* observer, const base::Clock& clock);
  // Reads up to `rows` records; true at the end.
  absl::StatusOr<bool> ReadRows(uint64_t rows, stream::Transaction& transaction);
  absl::Status Send(std::string_view bytes, stream::Transaction& transaction);

  const ReaderOptions options_;
  RecordSender sender_;
  std::unique_ptr<record::RecordFileReader> records_;
  record::RawRecordView record_;
  std::vector<std::string_view> cells_;
  std::vector<formats::CellForm> forms_;
  bool cancelled_ = false;
};

}  // namespace sluice::ingest

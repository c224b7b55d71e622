#include "ingest/round_reader.h"

#include <algorithm>

#include "common/base/status.h"
#include "ingest/import_reader.h"

namespace sluice::ingest {
absl::StatusOr<std::unique_ptr<SourceReader>> OpenStored(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    const RoundSource& source, const uploads::UploadStore& uploads, Lead& lead,
    pipeline::RunnerObserver* observer, const base::Clock& clock) {
  if (source.round == 0) {
    return ImportReader::Create(options, log, std::move(plan), uploads, lead, observer, clock);
  }
  return RoundReader::Create(options, log, std::move(plan), source, uploads, lead, observer, clock);
}

absl::StatusOr<std::unique_ptr<RoundReader>> RoundReader::Create(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    const RoundSource& source, const uploads::UploadStore& uploads, Lead& lead,
    pipeline::RunnerObserver* observer, const base::Clock& clock) {
  std::unique_ptr<RoundReader> reader(
      new RoundReader(options, log, std::move(plan), source.round, lead, observer, clock));
  SLUICE_RETURN_IF_ERROR(reader->sender_.ReadPosition());
  SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads.Open(source.upload_sha256));
  SLUICE_ASSIGN_OR_RETURN(
      reader->records_,
      record::RecordFileReader::Open(std::move(bytes), reader->sender_.position().source_offset()));
  return reader;
}

RoundReader::RoundReader(const ReaderOptions& options, stream::Log& log,
                         std::shared_ptr<const plan::CompiledPlan> plan, uint32_t round, Lead& lead,
                         pipeline::RunnerObserver* observer, const base::Clock& clock)
    : options_(options),
      sender_(options.topics, log, std::move(plan), lead, observer, clock, round) {}

absl::StatusOr<ReadStep> RoundReader::Step() {
  if (sender_.position().ended()) return ReadStep::kEnded;
  const uint64_t allowed = cancelled_ ? 0 : std::min(sender_.Allowance(), options_.records_max);
  if (!cancelled_ && allowed == 0) return ReadStep::kThrottled;
  const auto transaction = sender_.Begin();
  SLUICE_ASSIGN_OR_RETURN(const bool ended, ReadRows(allowed, *transaction));
  std::optional<recordpb::EndReason> end;
  if (ended) end = recordpb::END_REASON_COMPLETED;
  if (cancelled_) end = recordpb::END_REASON_CANCELLED;
  SLUICE_RETURN_IF_ERROR(sender_.Commit(*transaction, end));
  return ReadStep::kProgress;
}

absl::StatusOr<bool> RoundReader::ReadRows(uint64_t rows, stream::Transaction& transaction) {
  std::string_view bytes;
  for (uint64_t i = 0; i < rows && sender_.batch_bytes() < options_.bytes_max; ++i) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, records_->Next(bytes));
    if (!more) return true;
    SLUICE_RETURN_IF_ERROR(Send(bytes, transaction));
    sender_.position().set_source_offset(records_->position());
  }
  return false;
}

absl::Status RoundReader::Send(std::string_view bytes, stream::Transaction& transaction) {
  if (!record_.Parse(bytes)) return absl::DataLossError("a row that was sent back is damaged");
  if (record_.header.part != sender_.part_plan().part()) {
    SLUICE_RETURN_IF_ERROR(sender_.BeginPart(record_.header.part));
  }
  cells_.clear();
  forms_.clear();
  for (const record::RawCell& cell : record_.cells) {
    cells_.push_back(cell.text);
    forms_.push_back({cell.type, cell.raw, cell.number_format});
  }
  SourceRecord record;
  record.cells = cells_;
  record.forms = forms_;
  record.row = record_.header.row;
  record.problem = record_.problem;
  record.ordinal = record_.header.ordinal;
  record.resubmission = record_.header.resubmission;
  sender_.Send(record, transaction);
  return absl::OkStatus();
}

}  // namespace sluice::ingest

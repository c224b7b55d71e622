#include "ingest/import_reader.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/plan/plan_builder.h"

namespace sluice::ingest {

absl::StatusOr<std::unique_ptr<ImportReader>> ImportReader::Create(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    const uploads::UploadStore& uploads, Lead& lead, pipeline::RunnerObserver* observer,
    const base::Clock& clock) {
  std::unique_ptr<ImportReader> reader(
      new ImportReader(options, log, std::move(plan), uploads, lead, observer, clock));
  SLUICE_RETURN_IF_ERROR(reader->sender_.ReadPosition());
  SLUICE_RETURN_IF_ERROR(reader->OpenPart());
  return reader;
}

ImportReader::ImportReader(const ReaderOptions& options, stream::Log& log,
                           std::shared_ptr<const plan::CompiledPlan> plan,
                           const uploads::UploadStore& uploads, Lead& lead,
                           pipeline::RunnerObserver* observer, const base::Clock& clock)
    : options_(options),
      uploads_(uploads),
      sender_(options.topics, log, std::move(plan), lead, observer, clock) {}

absl::Status ImportReader::OpenPart() {
  const storage::v1::IngestPosition& position = sender_.position();
  SLUICE_RETURN_IF_ERROR(sender_.BeginPart(position.part()));
  const plan::planpb::Source& source = sender_.part_plan().plan().source();
  SLUICE_ASSIGN_OR_RETURN(const formats::SourceShape shape, plan::ShapeOf(source));
  SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads_.Open(source.upload_sha256()));
  formats::Checkpoint from;
  if (position.row() > 0) {
    from = {position.source_offset(), position.skip_bytes(), position.row()};
  }
  formats::RowLimits limits;
  limits.row_bytes = sender_.plan().plan().row_bytes_max();
  SLUICE_ASSIGN_OR_RETURN(rows_, formats::OpenRows(std::move(bytes), shape, from, limits));
  return absl::OkStatus();
}

bool ImportReader::WaitsForParents() {
  const storage::v1::IngestPosition& position = sender_.position();
  return position.part() > 0 && position.row() == 0 && !sender_.AllArrived();
}

absl::StatusOr<ReadStep> ImportReader::Step() {
  storage::v1::IngestPosition& position = sender_.position();
  if (position.ended()) return ReadStep::kEnded;
  const uint64_t allowed = cancelled_ ? 0 : std::min(sender_.Allowance(), options_.records_max);
  if (!cancelled_ && (allowed == 0 || WaitsForParents())) return ReadStep::kThrottled;
  const auto transaction = sender_.Begin();
  SLUICE_ASSIGN_OR_RETURN(const bool part_ended, ReadRows(allowed, *transaction));
  const formats::Checkpoint at = rows_->Position();
  position.set_source_offset(at.source_offset);
  position.set_skip_bytes(at.skip_bytes);
  position.set_row(at.row);
  std::optional<recordpb::EndReason> end;
  if (cancelled_) end = recordpb::END_REASON_CANCELLED;
  const bool another = position.part() < sender_.plan().parts().size();
  if (part_ended && !another) end = recordpb::END_REASON_COMPLETED;
  const bool next = part_ended && !end.has_value();
  if (next) {
    position.set_part(position.part() + 1);
    position.set_source_offset(0);
    position.set_skip_bytes(0);
    position.set_row(0);
  }
  SLUICE_RETURN_IF_ERROR(sender_.Commit(*transaction, end));
  if (next) SLUICE_RETURN_IF_ERROR(OpenPart());
  return ReadStep::kProgress;
}

absl::StatusOr<bool> ImportReader::ReadRows(uint64_t rows, stream::Transaction& transaction) {
  formats::RowView row;
  SourceRecord record;
  for (uint64_t i = 0; i < rows && sender_.batch_bytes() < options_.bytes_max; ++i) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows_->Next(row));
    if (!more) return true;
    record.cells = row.cells;
    record.forms = row.forms;
    record.row = row.row;
    record.problem = row.problem;
    record.undecodable = row.undecodable;
    record.foreign = row.foreign;
    sender_.Send(record, transaction);
  }
  return false;
}

}  // namespace sluice::ingest

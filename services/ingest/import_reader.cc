#include "ingest/import_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/formats/open_rows.h"
#include "common/plan/plan_builder.h"
#include "common/record/raw_record.h"
#include "sluice/record/v1/record.pb.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::ingest {

namespace recordpb = ::sluice::record::v1;

std::string PositionKey(std::string_view import_id, uint32_t round) {
  return fmt::format("{}/{}", import_id, round);
}

absl::StatusOr<std::unique_ptr<ImportReader>> ImportReader::Create(
    const ImportReaderOptions& options, stream::Log& log,
    std::shared_ptr<const plan::CompiledPlan> plan, const uploads::UploadStore& uploads, Lead& lead,
    pipeline::RunnerObserver* observer, const base::Clock& clock) {
  std::unique_ptr<ImportReader> reader(
      new ImportReader(options, log, std::move(plan), lead, observer, clock));
  SLUICE_RETURN_IF_ERROR(reader->ReadPosition());
  const plan::planpb::Source& source = reader->plan_->plan().source();
  SLUICE_ASSIGN_OR_RETURN(const formats::SourceShape shape, plan::ShapeOf(source));
  SLUICE_ASSIGN_OR_RETURN(auto bytes, uploads.Open(source.upload_sha256()));
  formats::Checkpoint from;
  const storage::v1::IngestPosition& position = reader->position_;
  if (position.ordinal() > 0) {
    from = {position.source_offset(), position.skip_bytes(), position.row()};
  }
  formats::RowLimits limits;
  limits.row_bytes = reader->plan_->plan().row_bytes_max();
  SLUICE_ASSIGN_OR_RETURN(reader->rows_, formats::OpenRows(std::move(bytes), shape, from, limits));
  return reader;
}

ImportReader::ImportReader(const ImportReaderOptions& options, stream::Log& log,
                           std::shared_ptr<const plan::CompiledPlan> plan, Lead& lead,
                           pipeline::RunnerObserver* observer, const base::Clock& clock)
    : options_(options),
      log_(log),
      plan_(std::move(plan)),
      lead_(lead),
      observer_(observer),
      clock_(clock),
      import_id_(plan_->plan().import_id()),
      cleaner_(plan_, &plan_->identity_columns()),
      mapper_(plan_) {}

absl::Status ImportReader::ReadPosition() {
  const std::string wanted = PositionKey(import_id_, 0);
  bool damaged = false;
  const auto visit = [&](std::string_view key, std::string_view value) {
    if (key != wanted) return;
    damaged = !position_.ParseFromArray(value.data(), static_cast<int>(value.size()));
  };
  SLUICE_RETURN_IF_ERROR(log_.ReadTable({options_.positions, 0}, 0, visit).status());
  if (damaged) return absl::DataLossError("a position of sluice.positions.v1 is damaged");
  while (position_.sent_size() < static_cast<int>(log_.partitions())) position_.add_sent(0);
  lead_.Join(import_id_, position_.ordinal());
  return absl::OkStatus();
}

absl::StatusOr<ReadStep> ImportReader::Step() {
  if (position_.ended()) return ReadStep::kEnded;
  const uint64_t allowed = std::min(lead_.Allowance(import_id_), options_.records_max);
  if (allowed == 0) return ReadStep::kThrottled;
  const int64_t start = clock_.MonotonicNanos();
  const uint64_t ordinal_before = position_.ordinal();
  const auto transaction = log_.Begin();
  SLUICE_ASSIGN_OR_RETURN(const bool ended, ReadRows(allowed, *transaction));
  const formats::Checkpoint at = rows_->Position();
  position_.set_source_offset(at.source_offset);
  position_.set_skip_bytes(at.skip_bytes);
  position_.set_row(at.row);
  if (ended) {
    position_.set_ended(true);
    SendEnd(*transaction);
  } else {
    SendResult(0, false, *transaction);
  }
  transaction->Upsert({options_.positions, 0}, PositionKey(import_id_, 0),
                      position_.SerializeAsString());
  SLUICE_RETURN_IF_ERROR(transaction->Commit().status());
  lead_.Sent(import_id_, position_.ordinal(), batch_bytes_);
  if (observer_ != nullptr) {
    pipeline::BatchReport report;
    report.records_in = position_.ordinal() - ordinal_before;
    report.records_out = report.records_in;
    report.duration_nanos = clock_.MonotonicNanos() - start;
    observer_->OnBatch(report);
  }
  return ReadStep::kProgress;
}

absl::StatusOr<bool> ImportReader::ReadRows(uint64_t rows, stream::Transaction& transaction) {
  formats::RowView row;
  batch_bytes_ = 0;
  for (uint64_t i = 0; i < rows && batch_bytes_ < options_.bytes_max; ++i) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows_->Next(row));
    if (!more) return true;
    Send(row, transaction);
  }
  return false;
}

void ImportReader::Send(const formats::RowView& row, stream::Transaction& transaction) {
  plan::Identity identity;
  if (row.problem.empty()) {
    issues_.clear();
    cleaner_.Clean(row.cells, cells_, issues_);
    mapper_.Map(cells_, mapped_, issues_);
    identity = mapper_.IdentityOf(mapped_);
  }
  const std::string_view key = identity.complete ? identity.hash.view() : std::string_view();
  record::RecordHeader header;
  header.import_id = import_id_;
  header.revision = plan_->plan().revision();
  header.ordinal = position_.ordinal();
  header.row = row.row;
  header.identity = key;
  header.identity_rule = identity.rule;
  const std::string_view problem =
      row.problem.empty() && row.undecodable ? plan::issue_code::kUndecodable : row.problem;
  encoded_.clear();
  record::AppendRawRecord(header, row.cells, problem, encoded_);
  const uint32_t partition = PartitionFor(identity);
  transaction.Append({options_.raw, partition}, {stream::RecordKind::kData, import_id_, row.row},
                     key, encoded_);
  batch_bytes_ += encoded_.size();
  position_.set_ordinal(position_.ordinal() + 1);
  position_.set_sent(static_cast<int>(partition), position_.sent(static_cast<int>(partition)) + 1);
}

uint32_t ImportReader::PartitionFor(const plan::Identity& identity) const {
  const uint32_t partitions = log_.partitions();
  if (plan_->plan().whole_on_one_partition()) {
    return static_cast<uint32_t>(base::KeyedHash64(plan_->key(), import_id_) % partitions);
  }
  if (identity.complete) {
    uint64_t head = 0;
    std::copy_n(identity.hash.bytes.begin(), 8, reinterpret_cast<unsigned char*>(&head));
    return static_cast<uint32_t>(head % partitions);
  }
  return static_cast<uint32_t>(
      base::KeyedHash64(plan_->key(), fmt::format("{}/{}", import_id_, position_.ordinal())) %
      partitions);
}

void ImportReader::SendEnd(stream::Transaction& transaction) {
  for (uint32_t partition = 0; partition < log_.partitions(); ++partition) {
    recordpb::EndOfImport marker;
    marker.set_import_id(import_id_);
    marker.set_revision(plan_->plan().revision());
    marker.set_reason(recordpb::END_REASON_COMPLETED);
    marker.set_rows(position_.sent(static_cast<int>(partition)));
    transaction.Append({options_.raw, partition}, {stream::RecordKind::kEndOfImport, import_id_, 0},
                       {}, marker.SerializeAsString());
    SendResult(partition, true, transaction);
  }
}

void ImportReader::SendResult(uint32_t partition, bool ended, stream::Transaction& transaction) {
  recordpb::StageResult result;
  result.set_import_id(import_id_);
  result.set_stage(recordpb::STAGE_INGEST);
  result.set_partition(partition);
  result.set_rows_read(position_.ordinal());
  result.set_bytes_read(position_.source_offset() + position_.skip_bytes());
  if (ended) {
    result.set_ended(true);
    result.set_rows_sent(position_.sent(static_cast<int>(partition)));
    result.set_end_reason(recordpb::END_REASON_COMPLETED);
  }
  transaction.Append({options_.results, partition}, {stream::RecordKind::kResult, import_id_, 0},
                     {}, result.SerializeAsString());
}

}  // namespace sluice::ingest

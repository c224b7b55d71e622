#include "ingest/record_sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/plan/issue.h"
#include "common/record/raw_record.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::ingest {
namespace {

uint64_t HeadOf(std::string_view hash) {
  uint64_t head = 0;
  std::copy_n(hash.data(), sizeof(head), reinterpret_cast<char*>(&head));
  return head;
}

// What is said of a row whose cells are used comes last.
std::string_view ProblemOf(const SourceRecord& record) {
  if (!record.problem.empty()) return record.problem;
  if (record.undecodable) return plan::issue_code::kUndecodable;
  return record.foreign ? plan::issue_code::kMixedEncoding : std::string_view();
}

}  // namespace

std::string PositionKey(std::string_view import_id, uint32_t round) {
  return fmt::format("{}/{}", import_id, round);
}

RecordSender::RecordSender(const SenderTopics& topics, stream::Log& log,
                           std::shared_ptr<const plan::CompiledPlan> plan, Lead& lead,
                           pipeline::RunnerObserver* observer, const base::Clock& clock,
                           uint32_t round)
    : topics_(topics),
      log_(log),
      plan_(std::move(plan)),
      import_id_(plan_->plan().import_id()),
      round_(round),
      lead_name_(round == 0 ? import_id_ : PositionKey(import_id_, round)),
      lead_(lead),
      observer_(observer),
      clock_(clock) {
  UsePart(plan_);
}

void RecordSender::UsePart(std::shared_ptr<const plan::CompiledPlan> part) {
  part_ = std::move(part);
  cleaner_ = std::make_unique<plan::RowCleaner>(part_, &part_->identity_columns());
  mapper_ = std::make_unique<plan::RowMapper>(part_);
}

absl::Status RecordSender::BeginPart(uint32_t part) {
  auto compiled = plan::PartOf(plan_, part);
  if (compiled == nullptr) return absl::DataLossError("a position names no part of its plan");
  // The first is there from the start.
  if (compiled != part_) UsePart(std::move(compiled));
  return absl::OkStatus();
}

absl::Status RecordSender::ReadPosition() {
  const std::string wanted = PositionKey(import_id_, round_);
  bool damaged = false;
  const auto visit = [&](std::string_view key, std::string_view value) {
    if (key != wanted) return;
    damaged = !position_.ParseFromArray(value.data(), static_cast<int>(value.size()));
  };
  SLUICE_RETURN_IF_ERROR(log_.ReadTable({topics_.positions, 0}, 0, visit).status());
  if (damaged) return absl::DataLossError("a position of sluice.positions.v1 is damaged");
  while (position_.sent_size() < static_cast<int>(log_.partitions())) position_.add_sent(0);
  lead_.Join(lead_name_, position_.ordinal());
  return absl::OkStatus();
}

std::unique_ptr<stream::Transaction> RecordSender::Begin() {
  begun_at_nanos_ = clock_.MonotonicNanos();
  ordinal_before_ = position_.ordinal();
  batch_bytes_ = 0;
  return log_.Begin();
}

void RecordSender::Send(const SourceRecord& record, stream::Transaction& transaction) {
  plan::Identity identity;
  if (record.problem.empty()) {
    issues_.clear();
    cleaner_->Clean(record.cells, cells_, issues_);
    mapper_->Map(cells_, mapped_, issues_);
    identity = mapper_->IdentityOf(mapped_);
  }
  const std::string_view key = identity.complete ? identity.hash.view() : std::string_view();
  record::RecordHeader header;
  header.import_id = import_id_;
  header.revision = plan_->plan().revision();
  header.round = round_;
  header.ordinal = record.ordinal.value_or(position_.ordinal());
  header.row = record.row;
  header.identity = key;
  header.identity_rule = identity.rule;
  header.part = part_->part();
  header.resubmission = record.resubmission;
  Encode(header, record, ProblemOf(record));
  if (encoded_.size() > plan_->record_bytes_max()) {
    // Its cells are framed: very many empty ones are more than the row was.
    encoded_.clear();
    record::AppendRawRecord(header, std::span<const std::string_view>(),
                            plan::issue_code::kRowTooLarge, encoded_);
  }
  if (!record.request.empty()) {
    record::AppendRequest(record.request, record.taken_at_seconds, encoded_);
  }
  const uint32_t partition = PartitionFor(identity, record.request);
  transaction.Append({topics_.raw, partition}, {stream::RecordKind::kData, import_id_, record.row},
                     key, encoded_);
  batch_bytes_ += encoded_.size();
  position_.set_ordinal(position_.ordinal() + 1);
  position_.set_sent(static_cast<int>(partition), position_.sent(static_cast<int>(partition)) + 1);
}

void RecordSender::Encode(const record::RecordHeader& header, const SourceRecord& record,
                          std::string_view problem) {
  encoded_.clear();
  if (record.forms.empty()) {
    record::AppendRawRecord(header, record.cells, problem, encoded_);
  } else {
    typed_.clear();
    for (size_t i = 0; i < record.cells.size(); ++i) {
      const formats::CellForm& form = record.forms[i];
      typed_.push_back({record.cells[i], form.type, form.raw, form.number_format});
    }
    record::AppendRawRecord(header, std::span<const record::RawCell>(typed_), problem, encoded_);
  }
}

uint32_t RecordSender::PartitionFor(const plan::Identity& identity,
                                    std::string_view request) const {
  const uint32_t partitions = log_.partitions();
  if (plan_->plan().whole_on_one_partition()) {
    return static_cast<uint32_t>(base::KeyedHash64(plan_->key(), import_id_) % partitions);
  }
  if (identity.complete) return static_cast<uint32_t>(HeadOf(identity.hash.view()) % partitions);
  // A repeat must come to where the record it repeats is known.
  if (!request.empty()) return static_cast<uint32_t>(HeadOf(request) % partitions);
  return static_cast<uint32_t>(
      base::KeyedHash64(plan_->key(), fmt::format("{}/{}", import_id_, position_.ordinal())) %
      partitions);
}

absl::Status RecordSender::Commit(stream::Transaction& transaction,
                                  std::optional<recordpb::EndReason> end) {
  if (end.has_value()) {
    position_.set_ended(true);
    SendEnd(*end, transaction);
  } else {
    SendResult(0, end, transaction);
  }
  transaction.Upsert({topics_.positions, 0}, PositionKey(import_id_, round_),
                     position_.SerializeAsString());
  SLUICE_RETURN_IF_ERROR(transaction.Commit().status());
  lead_.Sent(lead_name_, position_.ordinal(), batch_bytes_);
  if (observer_ == nullptr) return absl::OkStatus();
  pipeline::BatchReport report;
  report.records_in = position_.ordinal() - ordinal_before_;
  report.records_out = report.records_in;
  report.duration_nanos = clock_.MonotonicNanos() - begun_at_nanos_;
  observer_->OnBatch(report);
  return absl::OkStatus();
}

void RecordSender::SendEnd(recordpb::EndReason reason, stream::Transaction& transaction) {
  for (uint32_t partition = 0; partition < log_.partitions(); ++partition) {
    recordpb::EndOfImport marker;
    marker.set_import_id(import_id_);
    marker.set_revision(plan_->plan().revision());
    marker.set_round(round_);
    marker.set_reason(reason);
    marker.set_rows(position_.sent(static_cast<int>(partition)));
    transaction.Append({topics_.raw, partition}, {stream::RecordKind::kEndOfImport, import_id_, 0},
                       {}, marker.SerializeAsString());
    SendResult(partition, reason, transaction);
  }
}

void RecordSender::SendResult(uint32_t partition, std::optional<recordpb::EndReason> end,
                              stream::Transaction& transaction) {
  recordpb::StageResult result;
  result.set_import_id(import_id_);
  result.set_round(round_);
  result.set_stage(recordpb::STAGE_INGEST);
  result.set_partition(partition);
  result.set_rows_read(position_.ordinal());
  result.set_bytes_read(position_.source_offset() + position_.skip_bytes());
  if (end.has_value()) {
    result.set_ended(true);
    result.set_rows_sent(position_.sent(static_cast<int>(partition)));
    result.set_end_reason(*end);
  }
  transaction.Append({topics_.results, partition}, {stream::RecordKind::kResult, import_id_, 0}, {},
                     result.SerializeAsString());
}

}  // namespace sluice::ingest

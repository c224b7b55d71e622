#include "clean/clean_stage.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/pipeline/resubmitted.h"
#include "common/plan/plan_builder.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::clean {

namespace recordpb = pipeline::recordpb;

namespace {

// The problem as an issue, when the row can be used in spite of it; else empty.
std::string_view RemarkOf(std::string_view problem) {
  for (const std::string_view code :
       {plan::issue_code::kUndecodable, plan::issue_code::kMixedEncoding}) {
    if (problem == code) return code;
  }
  return {};
}

// Of a later round: the row had not been imported.
bool IsHeld(const record::RecordHeader& header) {
  const auto said = pipeline::ParseResubmission(header.resubmission);
  return said.ok() && !pipeline::WasImported(*said);
}

// Of a later round: rows that were imported, and those a person has answered for, are no repeats.
bool MayRepeat(const record::RecordHeader& header) {
  const auto said = pipeline::ParseResubmission(header.resubmission);
  return said.ok() && said->answer() == recordpb::ANSWER_UNSPECIFIED && IsHeld(header);
}

}  // namespace

absl::StatusOr<bool> CleanStage::Process(const stream::RecordBatch& batch,
                                         const stream::StateReader& state,
                                         pipeline::StageOutput& out) {
  claims_.Clear();
  SLUICE_ASSIGN_OR_RETURN(const bool known, ExpectClaims(batch));
  if (!known) return false;
  SLUICE_RETURN_IF_ERROR(claims_.Load(state, batch.partition));
  for (const stream::Record& record : batch.records) {
    if (record.headers.kind == stream::RecordKind::kEndOfImport) {
      SLUICE_RETURN_IF_ERROR(EndOfImport(record, out));
    } else {
      SLUICE_ASSIGN_OR_RETURN(const bool passed, ProcessRecord(record, out));
      if (!passed && raw_.header.round > 0) SLUICE_RETURN_IF_ERROR(EndResubmitted(out));
    }
  }
  claims_.Write(out);
  return true;
}

absl::StatusOr<bool> CleanStage::ExpectClaims(const stream::RecordBatch& batch) {
  record::RecordHeader header;
  for (const stream::Record& record : batch.records) {
    if (!record::ParseHeader(record.value, header)) continue;
    SLUICE_ASSIGN_OR_RETURN(const Worker* worker,
                            workers_.Find(header.import_id, header.revision, header.part));
    if (worker == nullptr) return false;
    if (record.headers.kind != stream::RecordKind::kData) continue;
    if (plan::IsStream(worker->plan->plan())) {
      // The only kind of record that has one; the rest of it is looked at twice.
      if (raw_.Parse(record.value) && raw_.request.size() == 16) {
        requests_.Expect(raw_.request, raw_.taken_at_seconds);
      }
    } else if (header.identity.size() == 16) {
      claims_.Expect(worker->plan->plan().sequence(), header.round, header.identity);
    }
  }
  return true;
}

absl::Status CleanStage::EndOfImport(const stream::Record& record, pipeline::StageOutput& out) {
  recordpb::EndOfImport marker;
  if (!marker.ParseFromArray(record.value.data(), static_cast<int>(record.value.size()))) {
    return absl::DataLossError("an EndOfImport of sluice.raw.v1 is damaged");
  }
  SLUICE_ASSIGN_OR_RETURN(const Worker* worker,
                          workers_.Find(marker.import_id(), marker.revision()));
  claims_.Drop(worker->plan->plan().sequence(), marker.round(), out);
  out.ResultFor(marker.import_id(), marker.round()).End();
  out.Emit(record.headers, record.key, record.value);
  return absl::OkStatus();
}

absl::Status CleanStage::EndResubmitted(pipeline::StageOutput& out) {
  const record::RecordHeader& header = raw_.header;
  SLUICE_ASSIGN_OR_RETURN(const recordpb::Resubmission resubmission,
                          pipeline::ParseResubmission(header.resubmission));
  pipeline::EndResubmitted(header, resubmission, 0, out.ResultFor(header.import_id, header.round));
  return absl::OkStatus();
}

absl::StatusOr<bool> CleanStage::ProcessRecord(const stream::Record& record,
                                               pipeline::StageOutput& out) {
  if (!raw_.Parse(record.value)) {
    return absl::DataLossError("a record of sluice.raw.v1 is damaged");
  }
  const record::RecordHeader& header = raw_.header;
  SLUICE_ASSIGN_OR_RETURN(Worker * worker,
                          workers_.Find(header.import_id, header.revision, header.part));
  pipeline::ResultBuilder& result = out.ResultFor(header.import_id, header.round);
  result.SetPart(header.part);
  if (raw_.request.size() == 16 && requests_.IsRepeat(raw_.request, raw_.taken_at_seconds, out)) {
    result.AddRow(recordpb::OUTCOME_SKIPPED, header.row, header.ordinal,
                  plan::issue_code::kRepeatedRequest);
    return false;
  }
  issues_.clear();
  const std::string_view remark = RemarkOf(raw_.problem);
  if (!raw_.problem.empty() && remark.empty()) {
    Reject(record, raw_.problem, {}, result, out);
    return false;
  }
  if (!remark.empty()) issues_.push_back({remark, {}, {}, {}});
  texts_.clear();
  for (const record::RawCell& cell : raw_.cells) texts_.push_back(cell.text);
  worker->cleaner.Clean(texts_, cells_, issues_);
  worker->cleaner.AddCellIssues(raw_.cells, issues_);
  worker->cleaner.Withhold(raw_.cells, cells_);
  for (const plan::Issue& issue : issues_) {
    result.AddIssue(header.row, issue.code, issue.field, issue.before, issue.after);
  }
  // What the mapping has to say is the map stage's to report; here only the decision counts.
  issues_.clear();
  worker->mapper.Map(cells_, row_, issues_);
  if (!row_.refusal.empty()) {
    Reject(record, row_.refusal, row_.refusal_field, result, out);
    return false;
  }
  if (row_.skip) {
    result.AddRow(recordpb::OUTCOME_SKIPPED, header.row, header.ordinal,
                  plan::issue_code::kSkipWhen);
    return false;
  }
  encoded_.clear();
  record::AppendCleanRecord(header, cells_, encoded_);
  const size_t most =
      std::max(encoded_.size(), record::MappedSize(row_.fields, row_.custom, row_.cleared));
  if (most > worker->plan->record_bytes_max()) {
    Reject(record, plan::issue_code::kRowTooLarge, {}, result, out);
    return false;
  }
  if (IsDuplicate(*worker, result)) return false;
  out.Emit(record.headers, record.key, encoded_);
  return true;
}

void CleanStage::Reject(const stream::Record& record, std::string_view code, std::string_view field,
                        pipeline::ResultBuilder& result, pipeline::StageOutput& out) const {
  const record::RecordHeader& header = raw_.header;
  const recordpb::RowResult& row =
      result.AddRow(recordpb::OUTCOME_REJECTED, header.row, header.ordinal, code, field);
  // One that was imported stays so.
  if (header.round == 0 || IsHeld(header)) out.Quarantine(record, header.round, row);
}

bool CleanStage::IsDuplicate(Worker& worker, pipeline::ResultBuilder& result) {
  const record::RecordHeader& header = raw_.header;
  if (header.identity.size() != 16 || plan::IsStream(worker.plan->plan())) return false;
  if (header.round > 0 && !MayRepeat(header)) return false;
  const uint64_t sequence = worker.plan->plan().sequence();
  const base::Hash128 fingerprint = worker.mapper.FingerprintOf(row_);
  const Claim* latest = claims_.Find(sequence, header.round, header.identity);
  if (latest != nullptr && latest->fingerprint == fingerprint) {
    result
        .AddRow(recordpb::OUTCOME_SKIPPED, header.row, header.ordinal,
                plan::issue_code::kDuplicateInImport)
        .set_other_row(latest->row);
    return true;
  }
  claims_.Put(sequence, header.round, header.identity, {fingerprint, header.row});
  return false;
}

}  // namespace sluice::clean

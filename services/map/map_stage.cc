#include "map/map_stage.h"

#include "common/base/status.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::map {

namespace recordpb = pipeline::recordpb;

absl::StatusOr<MapStage::Worker*> MapStage::WorkerFor(std::string_view import_id, uint32_t revision,
                                                      uint32_t part) {
  SLUICE_ASSIGN_OR_RETURN(Worker * worker, workers_.Find(import_id, revision, part));
  if (worker != nullptr && !worker->topic.has_value()) {
    SLUICE_ASSIGN_OR_RETURN(worker->topic, topic_of_(worker->plan->plan().sink()));
  }
  return worker;
}

absl::StatusOr<bool> MapStage::Process(const stream::RecordBatch& batch, const stream::StateReader&,
                                       pipeline::StageOutput& out) {
  for (const stream::Record& record : batch.records) {
    const bool marker = record.headers.kind == stream::RecordKind::kEndOfImport;
    SLUICE_ASSIGN_OR_RETURN(const bool done,
                            marker ? PassMarker(record, out) : ProcessRecord(record, out));
    if (!done) return false;
  }
  return true;
}

absl::StatusOr<bool> MapStage::PassMarker(const stream::Record& record,
                                          pipeline::StageOutput& out) {
  recordpb::EndOfImport marker;
  if (!marker.ParseFromArray(record.value.data(), static_cast<int>(record.value.size()))) {
    return absl::DataLossError("an EndOfImport of sluice.clean.v1 is damaged");
  }
  SLUICE_ASSIGN_OR_RETURN(const Worker* worker,
                          WorkerFor(marker.import_id(), marker.revision(), 0));
  if (worker == nullptr) return false;
  out.ResultFor(marker.import_id(), marker.round()).End();
  out.EmitTo(*worker->topic, record.headers, record.key, record.value);
  return true;
}

absl::StatusOr<bool> MapStage::ProcessRecord(const stream::Record& record,
                                             pipeline::StageOutput& out) {
  if (!clean_.Parse(record.value)) {
    return absl::DataLossError("a record of sluice.clean.v1 is damaged");
  }
  const record::RecordHeader& header = clean_.header;
  SLUICE_ASSIGN_OR_RETURN(Worker * worker,
                          WorkerFor(header.import_id, header.revision, header.part));
  if (worker == nullptr) return false;
  issues_.clear();
  worker->mapper.Map(clean_.cells, row_, issues_);
  if (!issues_.empty()) {
    pipeline::ResultBuilder& result = out.ResultFor(header.import_id, header.round);
    result.SetPart(header.part);
    for (const plan::Issue& issue : issues_) {
      result.AddIssue(header.row, issue.code, issue.field, issue.before, issue.after);
    }
  }
  encoded_.clear();
  record::AppendMappedRecord(header, worker->plan->plan().dataset().name(), row_.fields,
                             row_.custom, row_.cleared, encoded_);
  out.EmitTo(*worker->topic, record.headers, record.key, encoded_);
  return true;
}

}  // namespace sluice::map

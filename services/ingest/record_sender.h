// What every kind of source shares: records of one import on their way into sluice.raw.v1, each on
// the partition of its identity, with the import's position in the same transaction, so that
// whoever goes on knows what was sent.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/formats/row_reader.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/compiled_plan.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"
#include "common/record/raw_record.h"
#include "common/stream/log.h"
#include "ingest/lead.h"
#include "sluice/record/v1/record.pb.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::ingest {

namespace recordpb = ::sluice::record::v1;

struct SenderTopics {
  stream::TopicId raw = 0;
  stream::TopicId positions = 0;
  stream::TopicId results = 0;
};

// One record as it was read. Views are used during the call only.
struct SourceRecord {
  std::span<const std::string_view> cells;
  // Of workbooks: one for each cell, with what lies beneath its text. Else none.
  std::span<const formats::CellForm> forms;
  // The number people know it by.
  uint64_t row = 0;
  // Empty, or what is wrong with the row as a whole.
  std::string_view problem;
  // As in RowView.
  bool undecodable = false;
  bool foreign = false;
  // Pushed records: what a repeat is known by (record.proto), and when ingest took it.
  std::string_view request;
  uint64_t taken_at_seconds = 0;
  // Of a later round: the record's number in the whole source, and a Resubmission.
  std::optional<uint64_t> ordinal;
  std::string_view resubmission;
};

// Thread-compatible. What is passed by reference outlives it.
class RecordSender {
 public:
  RecordSender(const SenderTopics& topics, stream::Log& log,
               std::shared_ptr<const plan::CompiledPlan> plan, Lead& lead,
               pipeline::RunnerObserver* observer, const base::Clock& clock, uint32_t round = 0);

  // Where the import stands, from sluice.positions.v1; it has its share of the lead from now on. To
  // be called once, first.
  absl::Status ReadPosition();
  // What the source adds to it is the caller's; the rest is this object's.
  storage::v1::IngestPosition& position() { return position_; }
  const std::string& import_id() const { return import_id_; }
  const plan::CompiledPlan& plan() const { return *plan_; }
  const plan::CompiledPlan& part_plan() const { return *part_; }
  // From now on records are of this part of the plan.
  absl::Status BeginPart(uint32_t part);

  // Everything sent has an outcome: what it wrote is in the sink for good.
  bool AllArrived() const { return lead_.AllArrived(lead_name_); }
  // Rows that may be sent now.
  uint64_t Allowance() const { return lead_.Allowance(lead_name_); }
  // Begins a batch.
  std::unique_ptr<stream::Transaction> Begin();
  void Send(const SourceRecord& record, stream::Transaction& transaction);
  // Bytes sent since the last commit.
  uint64_t batch_bytes() const { return batch_bytes_; }
  // Commits what was sent and the position, and tells lead and observer; with a reason, also the
  // end of the import on every partition. After an error nothing of it has happened, or nobody
  // knows: this object is of no more use, and a new one reads what stands.
  absl::Status Commit(stream::Transaction& transaction, std::optional<recordpb::EndReason> end);

 private:
  void UsePart(std::shared_ptr<const plan::CompiledPlan> part);
  // Into encoded_.
  void Encode(const record::RecordHeader& header, const SourceRecord& record,
              std::string_view problem);
  uint32_t PartitionFor(const plan::Identity& identity, std::string_view request) const;
  void SendEnd(recordpb::EndReason reason, stream::Transaction& transaction);
  void SendResult(uint32_t partition, std::optional<recordpb::EndReason> end,
                  stream::Transaction& transaction);

  const SenderTopics topics_;
  stream::Log& log_;
  const std::shared_ptr<const plan::CompiledPlan> plan_;
  const std::string import_id_;
  const uint32_t round_;
  // Its share of the lead goes by it: as control names the lease of the round.
  const std::string lead_name_;
  // Of the part that is sent.
  std::shared_ptr<const plan::CompiledPlan> part_;
  std::unique_ptr<plan::RowCleaner> cleaner_;
  std::unique_ptr<plan::RowMapper> mapper_;
  Lead& lead_;
  pipeline::RunnerObserver* const observer_;
  const base::Clock& clock_;
  storage::v1::IngestPosition position_;
  std::vector<record::RawCell> typed_;
  std::vector<record::CleanCell> cells_;
  std::vector<plan::Issue> issues_;
  plan::MappedRow mapped_;
  std::string encoded_;
  // Of the batch that was begun.
  uint64_t batch_bytes_ = 0;
  uint64_t ordinal_before_ = 0;
  int64_t begun_at_nanos_ = 0;
};

// Key of an import's position in sluice.positions.v1.
std::string PositionKey(std::string_view import_id, uint32_t round);

}  // namespace sluice::ingest

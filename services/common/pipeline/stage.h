// A stage decides, the runner acts. A stage is a pure transform of a batch: no I/O, no clock, no
// logging; the same batch and state always give the same output.
#pragma once

#include <deque>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pipeline/quarantine_topic.h"
#include "common/pipeline/result_builder.h"
#include "common/stream/log.h"
#include "common/stream/state_change.h"

namespace sluice::pipeline {

// Where a stage puts what a batch leads to. Everything goes into one transaction.
// Thread-compatible.
class StageOutput {
 public:
  // `quarantine` is null on a log that has none.
  StageOutput(stream::Transaction& transaction, stream::TopicPartition out, recordpb::Stage stage,
              const QuarantineTopic* quarantine = nullptr)
      : transaction_(transaction), out_(out), stage_(stage), quarantine_(quarantine) {}

  // A record for the next stage, on the partition of its input.
  void Emit(const stream::RecordHeaders& headers, std::string_view key, std::string_view value) {
    EmitTo(out_.topic, headers, key, value);
  }
  // For a stage whose next topic depends on the record.
  void EmitTo(stream::TopicId topic, const stream::RecordHeaders& headers, std::string_view key,
              std::string_view value) {
    transaction_.Append({topic, out_.partition}, headers, key, value);
    ++emitted_;
  }
  void Change(const stream::StateChange& change) { transaction_.Change(change); }
  // The record ended as rejected or review.
  void Quarantine(const stream::Record& record, uint32_t round, const recordpb::RowResult& row) {
    if (quarantine_ == nullptr) return;
    quarantine_->Send(transaction_, out_.partition, QuarantinedRowOf(record, round, row));
  }
  // The report of this batch for an import and round.
  ResultBuilder& ResultFor(std::string_view import_id, uint32_t round) {
    if (!results_.empty() && results_.back().IsFor(import_id, round)) return results_.back();
    for (ResultBuilder& result : results_) {
      if (result.IsFor(import_id, round)) return result;
    }
    return results_.emplace_back(import_id, round, stage_, out_.partition);
  }

  uint32_t partition() const { return out_.partition; }
  size_t emitted() const { return emitted_; }
  std::deque<ResultBuilder>& results() { return results_; }

 private:
  stream::Transaction& transaction_;
  const stream::TopicPartition out_;
  const recordpb::Stage stage_;
  const QuarantineTopic* const quarantine_;
  size_t emitted_ = 0;
  std::deque<ResultBuilder> results_;
};

// Thread-compatible.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual recordpb::Stage id() const = 0;
  // True when the whole batch was worked on. False when a plan is not known yet: nothing of the
  // output is used and the batch comes again. A Status is a broken world, never a bad record.
  virtual absl::StatusOr<bool> Process(const stream::RecordBatch& batch,
                                       const stream::StateReader& state, StageOutput& out) = 0;
};

}  // namespace sluice::pipeline

// A sink for previews: what an import would write goes into a scratch database that lies over a
// view of the real sink, which nothing is written to. The loader above it is the run's own, so it
// meets the same rows and comes to the same outcomes.
//
// A row of the view that is to change is copied into the scratch database first, as created by
// import 0, which there is not. The import's sequence must be one no row of the sink has: a row
// that it seems to have created would pass for its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/matched_rows.h"
#include "load/sqlite_sink.h"

namespace sluice::load {

// A row as the sink has it and as the import would leave it.
struct RowDifference {
  // Row of the source that would write it.
  uint64_t source_row = 0;
  // Nothing: the import would create it.
  std::optional<SinkRow> before;
  SinkRow after;
};

// How a record of the source ended that neither clean nor load refused. A later one for the same
// record takes its place.
struct RecordOutcome {
  // Of the record in the whole source, and its row.
  uint64_t ordinal = 0;
  uint64_t source_row = 0;
  // record.v1.Outcome.
  uint32_t outcome = 0;
  // The row of the sink that was there before it: the plan's part with its dataset, and its id. 0:
  // the record creates its own.
  uint32_t dataset_part = 0;
  RowId id = 0;
};

// Thread-compatible.
class OverlaySink : public Sink {
 public:
  // Of a sink row that the import would leave otherwise; false ends the visit.
  using DifferenceVisitor = std::function<bool(const RowDifference&)>;

  // Of the records of a transaction that is committed.
  using OutcomeObserver = std::function<absl::Status(std::span<const RecordOutcome>)>;

  // `observer` may be empty.
  OverlaySink(std::unique_ptr<SinkView> view, std::unique_ptr<SqliteSink> scratch,
              OutcomeObserver observer = {})
      : view_(std::move(view)), scratch_(std::move(scratch)), observer_(std::move(observer)) {}

  // The rows of the view that were met so far, by committed transactions.
  const MatchedRows& matched() const { return matched_; }
  // Outside a transaction, in the order of the sink's ids.
  absl::Status VisitDifferences(const SinkDataset& dataset, const DifferenceVisitor& visit);

  std::string_view name() const override { return view_->name(); }
  absl::Status Prepare(const SinkDataset& dataset) override;
  bool ExpectsBatches() const override { return view_->ExpectsBatches(); }
  absl::Status Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                      std::span<const RowId> ids) override;
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override;
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override;
  absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                       std::string_view identity) override {
    return view_->ReadDecision(dataset, identity);
  }

  absl::Status Begin() override;
  absl::Status Commit() override;
  void Abort() override;
  absl::StatusOr<std::vector<Fence>> ReadFences(std::string_view topic) override {
    return scratch_->ReadFences(topic);
  }
  absl::StatusOr<std::string> OtherLog(std::string_view log_id) override {
    return scratch_->OtherLog(log_id);
  }
  absl::Status MoveFence(const Fence& from, uint64_t to) override {
    return scratch_->MoveFence(from, to);
  }
  // Entries of other imports are not looked at: an import only extends its own.
  absl::StatusOr<std::optional<JournalEntry>> ReadEntry(const SinkDataset& dataset, RowId id,
                                                        uint32_t number_max) override {
    return scratch_->ReadEntry(dataset, id, number_max);
  }
  absl::StatusOr<bool> HasEarlierEntry(const SinkDataset& dataset, RowId id,
                                       uint64_t import_sequence, uint32_t number) override {
    return scratch_->HasEarlierEntry(dataset, id, import_sequence, number);
  }
  absl::StatusOr<std::optional<Met>> ReadMet(const MetKey& key, RowId id) override;
  // Previews of imports undo nothing.
  absl::Status ReadChains(const SinkDataset& dataset, uint64_t import_sequence, RowId below,
                          size_t count, std::vector<RowChain>& chains) override {
    return scratch_->ReadChains(dataset, import_sequence, below, count, chains);
  }
  // Previews are of imports as a whole: no row comes again, and nobody answers.
  absl::Status ReadChangedBySource(const SinkDataset& dataset, uint64_t import_sequence,
                                   uint64_t from, size_t count,
                                   std::vector<ChangedBySource>& changed) override {
    return scratch_->ReadChangedBySource(dataset, import_sequence, from, count, changed);
  }
  absl::Status WriteDecision(const SinkDataset& dataset, std::string_view identity,
                             const Decision& decision) override {
    return scratch_->WriteDecision(dataset, identity, decision);
  }
  absl::StatusOr<RowChain> ReadChain(const SinkDataset& dataset, RowId id) override {
    return scratch_->ReadChain(dataset, id);
  }
  absl::StatusOr<bool> IsReferred(const SinkDataset& dataset, RowId id) override {
    return scratch_->IsReferred(dataset, id);
  }
  absl::Status Touch(const SinkDataset& dataset, RowId id) override {
    return scratch_->Touch(dataset, id);
  }
  absl::Status Remove(const SinkDataset& dataset, RowId id) override {
    return scratch_->Remove(dataset, id);
  }
  absl::StatusOr<std::string> ReadUndo(const UndoKey& key) override {
    return scratch_->ReadUndo(key);
  }
  absl::Status WriteUndo(const UndoKey& key, std::string_view bytes) override {
    return scratch_->WriteUndo(key, bytes);
  }
  absl::StatusOr<size_t> PurgeImport(uint64_t import_sequence, size_t count) override {
    return scratch_->PurgeImport(import_sequence, count);
  }
  absl::StatusOr<RowId> Insert(const SinkDataset& dataset, const NewRow& row,
                               uint64_t import_sequence) override;
  absl::Status Update(const SinkDataset& dataset, const ChangedRow& change,
                      const SinkRow& after) override;
  absl::Status WriteEntry(const SinkDataset& dataset, RowId id,
                          const JournalEntry& entry) override {
    return scratch_->WriteEntry(dataset, id, entry);
  }
  absl::Status RemoveEntry(const SinkDataset& dataset, RowId id, uint32_t number) override {
    return scratch_->RemoveEntry(dataset, id, number);
  }
  absl::Status WriteMet(const MetKey& key, RowId id, const Met& met) override;
  absl::Status DropMet(const MetKey& key) override { return scratch_->DropMet(key); }
  absl::StatusOr<std::string> ReadTotals(std::string_view import_id, uint32_t round,
                                         uint32_t partition) override {
    return scratch_->ReadTotals(import_id, round, partition);
  }
  absl::Status WriteTotals(std::string_view import_id, uint32_t round, uint32_t partition,
                           std::string_view bytes) override {
    return scratch_->WriteTotals(import_id, round, partition, bytes);
  }
  absl::Status EndAlone() override { return scratch_->EndAlone(); }
  absl::Status AddPending(const PendingResult& result) override {
    return scratch_->AddPending(result);
  }
  absl::StatusOr<std::vector<PendingResult>> ReadPending() override {
    return scratch_->ReadPending();
  }
  absl::Status DropPending(std::string_view topic, uint32_t partition,
                           uint64_t next_offset) override {
    return scratch_->DropPending(topic, partition, next_offset);
  }

 private:
  // Copies a row of the view into the scratch database, unless it is there.
  absl::Status Shadow(const SinkDataset& dataset, RowId id);

  const std::unique_ptr<SinkView> view_;
  const std::unique_ptr<SqliteSink> scratch_;
  const OutcomeObserver observer_;
  // Of the open transaction.
  std::vector<RecordOutcome> outcomes_;
  // The dataset whose rows were read last.
  const SinkDataset* dataset_ = nullptr;
  // Met rows: the last that was asked for in vain, those of the open transaction, and all.
  std::optional<RowId> unmet_;
  std::vector<std::pair<SinkRow, uint64_t>> meeting_;
  MatchedRows matched_;
  std::vector<RowId> ids_;
};

}  // namespace sluice::load

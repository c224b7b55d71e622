// A sink whose connection is lost around commits, as that of a database far away may be.
#pragma once

#include <memory>
#include <random>

#include "load/sink.h"

namespace sluice::testing {

// Passes everything on. Commits fail as the seed says: not done; done, with the answer lost; and
// after either the fences may be out of reach for a while.
class FaultySink : public load::Sink {
 public:
  FaultySink(std::unique_ptr<load::Sink> sink, uint64_t seed)
      : sink_(std::move(sink)), random_(seed) {}

  absl::Status Commit() override {
    const uint64_t fate = random_() % 6;
    if (fate > 2) return sink_->Commit();
    away_ = random_() % 3;
    if (fate == 0) {
      sink_->Abort();
    } else if (const absl::Status committed = sink_->Commit(); !committed.ok()) {
      return committed;
    }
    return absl::UnavailableError("the connection was lost");
  }
  absl::StatusOr<std::vector<load::Fence>> ReadFences(std::string_view topic) override {
    if (away_ > 0) {
      --away_;
      return absl::UnavailableError("the server is away");
    }
    return sink_->ReadFences(topic);
  }

  std::string_view name() const override { return sink_->name(); }
  absl::Status Prepare(const load::SinkDataset& dataset) override {
    return sink_->Prepare(dataset);
  }
  absl::Status Begin() override { return sink_->Begin(); }
  void Abort() override { sink_->Abort(); }
  absl::StatusOr<std::string> OtherLog(std::string_view log_id) override {
    return sink_->OtherLog(log_id);
  }
  absl::Status MoveFence(const load::Fence& from, uint64_t to) override {
    return sink_->MoveFence(from, to);
  }
  bool ExpectsBatches() const override { return sink_->ExpectsBatches(); }
  absl::Status Expect(const load::SinkDataset& dataset, std::span<const load::KeyProbe> probes,
                      std::span<const load::RowId> ids) override {
    return sink_->Expect(dataset, probes, ids);
  }
  absl::Status FindCandidates(const load::SinkDataset& dataset, const load::KeyProbe& probe,
                              std::vector<load::RowId>& candidates) override {
    return sink_->FindCandidates(dataset, probe, candidates);
  }
  absl::StatusOr<std::optional<load::SinkRow>> ReadRow(const load::SinkDataset& dataset,
                                                       load::RowId id) override {
    return sink_->ReadRow(dataset, id);
  }
  absl::StatusOr<std::optional<load::JournalEntry>> ReadEntry(const load::SinkDataset& dataset,
                                                              load::RowId id,
                                                              uint32_t number_max) override {
    return sink_->ReadEntry(dataset, id, number_max);
  }
  absl::StatusOr<bool> HasEarlierEntry(const load::SinkDataset& dataset, load::RowId id,
                                       uint64_t import_sequence, uint32_t number) override {
    return sink_->HasEarlierEntry(dataset, id, import_sequence, number);
  }
  absl::StatusOr<std::optional<load::Met>> ReadMet(const load::MetKey& key,
                                                   load::RowId id) override {
    return sink_->ReadMet(key, id);
  }
  absl::Status ReadChains(const load::SinkDataset& dataset, uint64_t import_sequence,
                          load::RowId below, size_t count,
                          std::vector<load::RowChain>& chains) override {
    return sink_->ReadChains(dataset, import_sequence, below, count, chains);
  }
  absl::Status ReadChangedBySource(const load::SinkDataset& dataset, uint64_t import_sequence,
                                   uint64_t from, size_t count,
                                   std::vector<load::ChangedBySource>& changed) override {
    return sink_->ReadChangedBySource(dataset, import_sequence, from, count, changed);
  }
  absl::StatusOr<std::optional<load::Decision>> ReadDecision(const load::SinkDataset& dataset,
                                                             std::string_view identity) override {
    return sink_->ReadDecision(dataset, identity);
  }
  absl::Status WriteDecision(const load::SinkDataset& dataset, std::string_view identity,
                             const load::Decision& decision) override {
    return sink_->WriteDecision(dataset, identity, decision);
  }
  absl::StatusOr<load::RowChain> ReadChain(const load::SinkDataset& dataset,
                                           load::RowId id) override {
    return sink_->ReadChain(dataset, id);
  }
  absl::StatusOr<bool> IsReferred(const load::SinkDataset& dataset, load::RowId id) override {
    return sink_->IsReferred(dataset, id);
  }
  absl::Status Touch(const load::SinkDataset& dataset, load::RowId id) override {
    return sink_->Touch(dataset, id);
  }
  absl::Status Remove(const load::SinkDataset& dataset, load::RowId id) override {
    return sink_->Remove(dataset, id);
  }
  absl::StatusOr<std::string> ReadUndo(const load::UndoKey& key) override {
    return sink_->ReadUndo(key);
  }
  absl::Status WriteUndo(const load::UndoKey& key, std::string_view bytes) override {
    return sink_->WriteUndo(key, bytes);
  }
  absl::StatusOr<size_t> PurgeImport(uint64_t import_sequence, size_t count) override {
    return sink_->PurgeImport(import_sequence, count);
  }
  absl::StatusOr<load::RowId> Insert(const load::SinkDataset& dataset, const load::NewRow& row,
                                     uint64_t import_sequence) override {
    return sink_->Insert(dataset, row, import_sequence);
  }
  absl::Status Update(const load::SinkDataset& dataset, const load::ChangedRow& change,
                      const load::SinkRow& after) override {
    return sink_->Update(dataset, change, after);
  }
  absl::Status WriteEntry(const load::SinkDataset& dataset, load::RowId id,
                          const load::JournalEntry& entry) override {
    return sink_->WriteEntry(dataset, id, entry);
  }
  absl::Status RemoveEntry(const load::SinkDataset& dataset, load::RowId id,
                           uint32_t number) override {
    return sink_->RemoveEntry(dataset, id, number);
  }
  absl::Status WriteMet(const load::MetKey& key, load::RowId id, const load::Met& met) override {
    return sink_->WriteMet(key, id, met);
  }
  absl::Status DropMet(const load::MetKey& key) override { return sink_->DropMet(key); }
  absl::StatusOr<std::string> ReadTotals(std::string_view import_id, uint32_t round,
                                         uint32_t partition) override {
    return sink_->ReadTotals(import_id, round, partition);
  }
  absl::Status WriteTotals(std::string_view import_id, uint32_t round, uint32_t partition,
                           std::string_view bytes) override {
    return sink_->WriteTotals(import_id, round, partition, bytes);
  }
  absl::Status EndAlone() override { return sink_->EndAlone(); }
  absl::Status AddPending(const load::PendingResult& result) override {
    return sink_->AddPending(result);
  }
  absl::StatusOr<std::vector<load::PendingResult>> ReadPending() override {
    return sink_->ReadPending();
  }
  absl::Status DropPending(std::string_view topic, uint32_t partition,
                           uint64_t next_offset) override {
    return sink_->DropPending(topic, partition, next_offset);
  }

 private:
  const std::unique_ptr<load::Sink> sink_;
  std::mt19937_64 random_;
  // Times the fences cannot be read.
  uint64_t away_ = 0;
};

}  // namespace sluice::testing

// A view that somebody else keeps: several previews, one after the other, read one moment of a
// sink.
#pragma once

#include <vector>

#include "load/sink_view.h"

namespace sluice::load {

// Thread-compatible, as is what it lends, which outlives it.
class BorrowedView : public SinkView {
 public:
  explicit BorrowedView(SinkView& lent) : lent_(lent) {}

  std::string_view name() const override { return lent_.name(); }
  absl::Status Prepare(const SinkDataset& dataset) override { return lent_.Prepare(dataset); }
  bool ExpectsBatches() const override { return lent_.ExpectsBatches(); }
  absl::Status Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                      std::span<const RowId> ids) override {
    return lent_.Expect(dataset, probes, ids);
  }
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override {
    return lent_.FindCandidates(dataset, probe, candidates);
  }
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override {
    return lent_.ReadRow(dataset, id);
  }
  absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                       std::string_view identity) override {
    return lent_.ReadDecision(dataset, identity);
  }

 private:
  SinkView& lent_;
};

}  // namespace sluice::load

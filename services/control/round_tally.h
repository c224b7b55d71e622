// Counting the rounds of an import: what each stage said on each partition, and whether a round is
// complete. Pure.
//
// A round is complete when ingest, clean, map and load have acknowledged the end on every partition
// and the outcomes add up to the rows that were sent. In rounds above 0 each row takes back the
// outcome it had, so the outcomes add up to nothing, and the rows that have done so to those that
// were sent. Anything after that is a broken invariant.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "control/import_record.h"

namespace sluice::control {

class RoundTally {
 public:
  explicit RoundTally(uint32_t partitions) : partitions_(partitions) {}

  // Takes one result, or a part of one. Load's totals replace older ones, and what is not newer is
  // ignored, by position and part; of the other stages, an end that is told again. The return value
  // says whether it was taken.
  bool Apply(const recordpb::StageResult& result);
  // A part as it was stored.
  void Restore(const recordpb::StageResult& part);

  bool AllEnded(uint32_t round = 0) const;
  // OK, or what does not add up. Asked once all have ended.
  absl::Status CheckSum(uint32_t round = 0) const;
  // Whether ingest ended it before its source did. Asked once all have ended.
  bool Cancelled(uint32_t round = 0) const;
  // Rows of the round that have an outcome.
  int64_t Finished(uint32_t round) const;
  // Of all rounds; rows and bytes are those of the source.
  ImportCounts Counts() const;
  // The accumulated result of a round, stage and partition, for storing.
  const recordpb::StageResult& Part(uint32_t round, recordpb::Stage stage,
                                    uint32_t partition) const;

 private:
  using PartKey = std::tuple<uint32_t, recordpb::Stage, uint32_t>;

  const uint32_t partitions_;
  std::map<PartKey, recordpb::StageResult> parts_;
};

}  // namespace sluice::control

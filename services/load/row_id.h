// The ids that an import gives the rows it creates: import sequence x 2^32 + ordinal x 8. So an id
// tells who created the row, without coordination and the same on every log; a row that somebody
// put in by hand may have any id.
#pragma once

#include <cstdint>

namespace sluice::load {

using RowId = int64_t;

// Ids of a record's own: room for the stubs it may create.
inline constexpr uint64_t kIdsPerRecord = 8;

// Bits below the sequence.
inline constexpr int kSequenceBits = 32;

constexpr RowId RowIdFor(uint64_t sequence, uint64_t ordinal) {
  return static_cast<RowId>((sequence << kSequenceBits) + ordinal * kIdsPerRecord);
}
// A row that a record created beside itself, because a reference asked for it.
constexpr bool IsStubId(RowId id) {
  return static_cast<uint64_t>(id) % kIdsPerRecord != 0;
}
// The import whose ids hold this one.
constexpr uint64_t SequenceOf(RowId id) {
  return static_cast<uint64_t>(id) >> kSequenceBits;
}
// The record of that import.
constexpr uint64_t OrdinalOf(RowId id) {
  return (static_cast<uint64_t>(id) & UINT32_MAX) / kIdsPerRecord;
}

}  // namespace sluice::load

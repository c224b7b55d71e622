// Which rows of a sink an import met, and what stood in them: what a confirmed run is held against.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "load/sink_view.h"

namespace sluice::load {

struct MatchedRow {
  RowId id = 0;
  // Row of the source that met it.
  uint64_t source_row = 0;
  // Of what stood in the sink.
  uint64_t digest = 0;
};

// Digest of id and contents. Not secret: it detects changes.
base::Hash128 DigestOf(const SinkRow& row);

// A set of rows, as a sum that does not depend on their order, and the first of them by name.
// Thread-compatible.
class MatchedRows {
 public:
  // Rows that are kept by name; further ones only count.
  static constexpr size_t kNamed = 100'000;

  void Add(const SinkRow& row, uint64_t source_row);
  // 16 bytes: equal for equal sets of rows with equal contents.
  std::string digest() const;
  uint64_t count() const { return count_; }
  const std::vector<MatchedRow>& named() const { return named_; }

 private:
  std::array<uint64_t, 2> sum_{};
  uint64_t count_ = 0;
  std::vector<MatchedRow> named_;
};

}  // namespace sluice::load

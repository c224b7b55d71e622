// The cells that rows of an import had when they were last read, in its source or in what was sent
// in a later round: whoever sends rows back is told apart from whoever has mended them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/record/raw_record.h"
#include "common/uploads/upload_store.h"
#include "control/import_record.h"
#include "control/resubmission_file.h"

namespace sluice::control {

// A row as it was read. Views are valid during the visit.
struct FormerRow {
  RowPlace place;
  // Number of the record in the whole source.
  uint64_t ordinal = 0;
  std::span<const std::string_view> cells;
};

// False ends the visit.
using FormerRowVisitor = std::function<bool(const FormerRow&)>;

// Of the import's source, in order; nothing of a stream, of which nothing is kept.
absl::Status VisitSource(const uploads::UploadStore& uploads, const ImportRecord& import,
                         const FormerRowVisitor& visit);

// Of what was sent in a round above 0, in order.
absl::Status VisitRound(const uploads::UploadStore& uploads, const ImportRecord& import,
                        uint32_t round, const FormerRowVisitor& visit);

// Which cells of a row of a file are there: others are left as they were.
using CellMask = std::vector<bool>;
CellMask MaskOf(std::span<const record::RawCell> cells);

// Of the texts of a row's cells under the mask; blank ones count for nothing.
uint64_t DigestUnder(const CellMask& mask, std::span<const std::string_view> texts);

}  // namespace sluice::control

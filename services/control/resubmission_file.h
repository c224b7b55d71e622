// A file with rows of an import that come again: what `sluice rows` gave, mended
// (docs/resubmit.md). A row is known by the number it had, its cells by the names of the source's
// columns.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "common/record/raw_record.h"
#include "common/uploads/upload_store.h"
#include "control/import_record.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::control {

// A row is known by its sheet, as a part of the plan, and its number there.
struct RowPlace {
  uint32_t part = 0;
  uint64_t row = 0;

  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RowPlace& place) {
    return H::combine(std::move(h), place.part, place.row);
  }
};

// One row of the file. Views are valid during the visit.
struct ResubmittedRow {
  RowPlace place;
  // Where it stands in the file, for messages.
  uint64_t line = 0;
  // By column of the source.
  std::span<const record::RawCell> cells;
  // They are all that the row has. Else those beyond the columns are not in the file.
  bool whole = false;
  recordpb::Answer answer = recordpb::ANSWER_UNSPECIFIED;
  // With ANSWER_ROW.
  int64_t row_id = 0;
};

using ResubmittedRowVisitor = std::function<absl::Status(const ResubmittedRow&)>;

// Visits the rows in the order of the file. InvalidArgument says what the file lacks or has wrong,
// and where; `path` is how its owner calls it.
absl::Status VisitResubmittedRows(const uploads::UploadStore& uploads, const std::string& sha256,
                                  const std::string& path, const planpb::Plan& plan,
                                  const ResubmittedRowVisitor& visit);

}  // namespace sluice::control

// The rows of an import that `sluice rows` lists, with what was said of them, and their cells from
// the stored upload.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/control_view.h"
#include "common/formats/row_reader.h"

namespace sluice::cli {

struct ListedRow {
  // Rejected, skipped or review. Unspecified: the row was imported, and has issues.
  control::recordpb::Outcome outcome = control::recordpb::OUTCOME_UNSPECIFIED;
  std::string code;
  std::string field;
  uint64_t other_row = 0;
  std::vector<int64_t> candidates;
  std::vector<control::recordpb::Issue> issues;
};

struct RowSelection {
  // Unspecified: all that are stored.
  control::recordpb::Outcome outcome = control::recordpb::OUTCOME_UNSPECIFIED;
  // Imported rows with issues too.
  bool with_issues = false;
};

// A row is known by its sheet, as a part of the plan, and its number there.
struct RowPlace {
  uint32_t part = 0;
  uint64_t number = 0;
  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

using ListedRows = std::map<RowPlace, ListedRow>;

// As the rows stand now: of one that came again, what was said of it last.

absl::StatusOr<ListedRows> CollectRows(ControlView& view, const std::string& import_id,
                                       const RowSelection& selection);

// `cells` is empty for rows that cannot be read again, as those of a stream.
using ListedRowVisitor = std::function<absl::Status(const RowPlace& place, const ListedRow& row,
                                                    const formats::RowView& cells)>;

bool HasReview(const ListedRows& rows);

// Visits the rows in order, with their cells: one pass over each sheet. Those of a row that came
// again are the mended ones, which are held in memory.
absl::Status VisitRows(ControlView& view, const control::ImportRecord& import,
                       const ListedRows& rows, const ListedRowVisitor& visit);

// By column of the part's source: whether it is given back. What Sluice itself had added to rows
// that were mended is not, or it would stand twice the next time; what a mapping reads is.
std::vector<bool> GivenBackColumns(const control::planpb::Plan& part);

}  // namespace sluice::cli

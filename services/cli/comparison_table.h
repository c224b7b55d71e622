// How every row of a source ends under two plans, kept on disk row by row and then met side by
// side: memory does not grow with the source. Rows are paired by sheet and number.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/overlay_run.h"
#include "common/database/sqlite.h"

namespace sluice::cli {

enum class ComparisonSide : int64_t { kOld = 0, kNew = 1 };

// Thread-compatible.
class ComparisonTable {
 public:
  // A scratch database.
  static absl::StatusOr<std::unique_ptr<ComparisonTable>> Open(const std::string& path);

  // What load tells while a side runs.
  absl::Status AddOutcomes(ComparisonSide side, std::span<const load::RecordOutcome> outcomes);
  // The rest, once it has ended: refused and skipped rows, and what would change in the sink.
  // Internal when the rows do not add up to the import's counts.
  absl::Status Complete(ComparisonSide side, OverlayRun& run, const control::ImportRecord& import);
  // Of both sides, when they are complete: transitions, how many rows differ, and the first of
  // them; `events.row` is told all.
  absl::Status Compare(const control::PreviewEvents& events,
                       control::controlpb::Comparison& comparison);

 private:
  // A table of the source: its records lie side by side.
  struct Table {
    // Of an archive and a workbook.
    std::string member;
    std::string sheet;
    uint64_t first_ordinal = 0;
    uint64_t end_ordinal = 0;
  };
  class Cursor;

  explicit ComparisonTable(std::unique_ptr<database::SqliteConnection> connection)
      : connection_(std::move(connection)) {}
  absl::Status AddResults(ComparisonSide side, OverlayRun& run, const std::string& id);
  absl::Status AddChanges(ComparisonSide side, OverlayRun& run, const plan::planpb::Plan& plan);
  absl::Status CheckCounts(ComparisonSide side, const control::ImportRecord& import);
  // The tables that both have, as the new plan reads them, then those of one.
  std::vector<std::pair<const Table*, const Table*>> PairedTables() const;
  std::vector<Table>& tables(ComparisonSide side) { return tables_[static_cast<size_t>(side)]; }

  const std::unique_ptr<database::SqliteConnection> connection_;
  std::vector<Table> tables_[2];
};

}  // namespace sluice::cli

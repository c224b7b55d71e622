// An import as control knows it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/control/v1/import.pb.h"
#include "sluice/plan/v1/plan.pb.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::control {

namespace controlpb = ::sluice::control::v1;
namespace planpb = ::sluice::plan::v1;
namespace recordpb = ::sluice::record::v1;

struct ImportCounts {
  // Rows read by ingest so far, and bytes of the source.
  uint64_t rows = 0;
  uint64_t bytes_read = 0;
  // By Outcome.
  std::map<recordpb::Outcome, int64_t> outcomes;
  // The same by part of the plan and Outcome.
  std::map<std::pair<uint32_t, recordpb::Outcome>, int64_t> by_part;
  std::map<std::string, int64_t> issues;
  // Rows created because references asked for them.
  int64_t created_references = 0;

  int64_t Of(recordpb::Outcome outcome) const {
    const auto found = outcomes.find(outcome);
    return found == outcomes.end() ? 0 : found->second;
  }
  int64_t Finished() const {
    int64_t sum = 0;
    for (const auto& [outcome, count] : outcomes) sum += count;
    return sum;
  }
  int64_t Issues() const {
    int64_t sum = 0;
    for (const auto& [code, count] : issues) sum += count;
    return sum;
  }
};

struct ImportRecord {
  std::string id;
  uint64_t sequence = 0;
  // Absolute path the file was read from.
  std::string path;
  std::string plan_hash;
  planpb::Plan plan;
  controlpb::ImportState state = controlpb::IMPORT_STATE_UNSPECIFIED;
  uint64_t version = 0;
  std::string created_at;
  std::optional<std::string> ended_at;
  // Time it has been worked on, by processes that ran it.
  double seconds = 0;
  // Why it failed.
  std::string error;
  ImportCounts counts;
  // Rows of the latest round that have an outcome.
  int64_t finished = 0;
  // Its rollbacks, and whose it takes back itself.
  controlpb::ImportUndo undo;
  // After the first: rows that came again.
  controlpb::ImportRounds rounds;

  // All its rows have an outcome; it may be rolling back.
  bool ended() const {
    return state != controlpb::IMPORT_STATE_QUEUED && state != controlpb::IMPORT_STATE_RUNNING &&
           state != controlpb::IMPORT_STATE_PAUSED && state != controlpb::IMPORT_STATE_DRAINING;
  }
  bool rolling_back() const { return state == controlpb::IMPORT_STATE_ROLLING_BACK; }
  // It writes again what rollbacks of another have taken back, and has no source.
  bool is_redo() const { return undo.has_redo(); }
  // The latest round.
  uint32_t round() const { return static_cast<uint32_t>(rounds.rounds_size()); }
};

// An order goes through the log as one message.
inline constexpr int kUndoRowsMax = 100000;

// From its creation to its end, or to `now` while it runs, without the time it has rested between
// rounds.
absl::Duration TimeWorkedOn(const ImportRecord& import, absl::Time now);

// What of an import is to be rolled back; empty = all.
struct UndoWish {
  // Rows of the source.
  std::vector<uint64_t> rows;
  bool added_only = false;
  bool updated_only = false;

  bool partial() const { return !rows.empty() || added_only || updated_only; }
};

// What a person may want of an import that runs.
enum class Wish { kPause, kResume, kCancel };

// The state that follows. FailedPrecondition when the import is not in a state for it.
absl::StatusOr<controlpb::ImportState> StateAfter(controlpb::ImportState state, Wish wish);

// All rows that rollbacks have looked at.
int64_t RowsOf(const recordpb::UndoTotals& totals);

// Whether what rollbacks have left for this reason (a code of load/row_undo.h) may still be there:
// a row that waited counts as kept for as long as it does.
bool MayStand(const recordpb::UndoTotals& totals, std::string_view code);

// What rollbacks have done, as JSON.
std::string RollbackJson(const recordpb::UndoTotals& totals);

// "running", ...
std::string StateName(controlpb::ImportState state);

// The summary of design section 12 as one line of JSON.
std::string SummaryJson(const ImportRecord& import);

}  // namespace sluice::control

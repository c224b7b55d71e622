#include <fmt/format.h>

#include <algorithm>

#include "absl/time/time.h"
#include "common/base/json.h"
#include "control/import_messages.h"
#include "control/import_record.h"

namespace sluice::control {

int64_t RowsOf(const recordpb::UndoTotals& totals) {
  return totals.removed() + totals.restored() + totals.superseded() + totals.partly() +
         totals.kept() + totals.gone();
}

bool MayStand(const recordpb::UndoTotals& totals, std::string_view code) {
  const bool waits = code == "referred_to" || code == "used_by_later_import";
  return !waits || totals.kept() > 0;
}

std::string RollbackJson(const recordpb::UndoTotals& totals) {
  std::string conflicts;
  for (const recordpb::IssueCount& count : totals.conflicts()) {
    if (!MayStand(totals, count.code())) continue;
    conflicts +=
        fmt::format("{}\"{}\":{}", conflicts.empty() ? "" : ",", count.code(), count.count());
  }
  return fmt::format(
      "{{\"rows\":{},\"removed\":{},\"restored\":{},\"superseded\":{},\"partly\":{},\"kept\":{},"
      "\"gone\":{},\"conflict_counts\":{{{}}}}}",
      RowsOf(totals), totals.removed(), totals.restored(), totals.superseded(), totals.partly(),
      totals.kept(), totals.gone(), conflicts);
}

std::string StateName(controlpb::ImportState state) {
  std::string name = controlpb::ImportState_Name(state);
  constexpr std::string_view kPrefix = "IMPORT_STATE_";
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
  });
  return name;
}

absl::StatusOr<controlpb::ImportState> StateAfter(controlpb::ImportState state, Wish wish) {
  using controlpb::ImportState;
  const bool running =
      state == ImportState::IMPORT_STATE_QUEUED || state == ImportState::IMPORT_STATE_RUNNING;
  const bool paused = state == ImportState::IMPORT_STATE_PAUSED;
  const bool draining = state == ImportState::IMPORT_STATE_DRAINING;
  switch (wish) {
    case Wish::kPause:
      if (running || paused) return ImportState::IMPORT_STATE_PAUSED;
      break;
    case Wish::kResume:
      if (paused) return ImportState::IMPORT_STATE_RUNNING;
      if (running) return state;
      break;
    case Wish::kCancel:
      if (running || paused || draining) return ImportState::IMPORT_STATE_DRAINING;
      if (state == ImportState::IMPORT_STATE_CANCELLED) return state;
      break;
  }
  const char* const verb = wish == Wish::kPause    ? "paused"
                           : wish == Wish::kResume ? "resumed"
                                                   : "cancelled";
  return absl::FailedPreconditionError(
      fmt::format("an import that is {} cannot be {}", StateName(state), verb));
}

namespace {

// Where the mapping came from, when it was a saved one.
std::string ProfileJson(const planpb::ProfileUse& use) {
  if (use.name().empty()) return "";
  return fmt::format(",\"profile\":{{\"name\":{},\"version\":{}}}", base::JsonString(use.name()),
                     use.version());
}

std::string ReplayJson(const std::string& replayed) {
  return replayed.empty() ? "" : fmt::format(",\"replay_of\":{}", base::JsonString(replayed));
}

// What rollbacks have done, when there were any; and whose this one does again.
std::string UndoJson(const controlpb::ImportUndo& undo) {
  std::string json;
  if (undo.has_redo()) json += fmt::format(",\"redo_of\":\"{}\"", undo.redo().import_id());
  if (undo.runs().empty()) return json;
  return json + ",\"rollback\":" + RollbackJson(undo.totals());
}

std::string RoundsJson(uint32_t rounds) {
  return rounds == 0 ? "" : fmt::format(",\"rounds\":{}", rounds);
}

}  // namespace

absl::Duration TimeWorkedOn(const ImportRecord& import, absl::Time now) {
  absl::Duration time =
      (import.ended_at.has_value() ? TimeOf(*import.ended_at) : now) - TimeOf(import.created_at);
  for (const controlpb::ImportRound& round : import.rounds.rounds()) {
    // An older version did not say it.
    if (round.rested_since().empty()) continue;
    time -= TimeOf(round.started_at()) - TimeOf(round.rested_since());
  }
  return std::max(time, absl::ZeroDuration());
}

std::string SummaryJson(const ImportRecord& import) {
  std::string issue_counts;
  for (const auto& [code, count] : import.counts.issues) {
    issue_counts += fmt::format("{}\"{}\":{}", issue_counts.empty() ? "" : ",", code, count);
  }
  const ImportCounts& counts = import.counts;
  return fmt::format(
      "{{\"import\":{},\"state\":\"{}\",\"rows\":{},\"added\":{},\"updated\":{},"
      "\"unchanged\":{},\"skipped\":{},\"rejected\":{},\"review\":{},\"issues\":{},"
      "\"issue_counts\":{{{}}},{}\"seconds\":{:.3f}{}{}}}",
      // A preview has none.
      import.id.empty() ? "null" : fmt::format("\"{}\"", import.id), StateName(import.state),
      counts.rows, counts.Of(recordpb::OUTCOME_ADDED), counts.Of(recordpb::OUTCOME_UPDATED),
      counts.Of(recordpb::OUTCOME_UNCHANGED), counts.Of(recordpb::OUTCOME_SKIPPED),
      counts.Of(recordpb::OUTCOME_REJECTED), counts.Of(recordpb::OUTCOME_REVIEW), counts.Issues(),
      issue_counts,
      counts.created_references == 0
          ? ""
          : fmt::format("\"created_references\":{},", counts.created_references),
      import.seconds, ProfileJson(import.plan.profile()) + ReplayJson(import.plan.replay_of()),
      UndoJson(import.undo) + RoundsJson(import.round()));
}

}  // namespace sluice::control

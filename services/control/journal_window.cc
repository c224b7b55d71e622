#include "control/journal_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/status.h"

namespace sluice::control {

absl::StatusOr<bool> MoveWindow(ControlTransaction& transaction, const std::string& since) {
  // Nobody begins a rollback or a redo meanwhile.
  SLUICE_ASSIGN_OR_RETURN(const auto running, transaction.LockRunning());
  SLUICE_ASSIGN_OR_RETURN(controlpb::JournalWindow window, transaction.ReadWindow());
  if (since <= window.since()) return false;
  SLUICE_ASSIGN_OR_RETURN(const PastImports past, transaction.ReadPast(since));
  std::set<uint64_t> except(past.except.begin(), past.except.end());
  for (const ImportRecord& import : running) {
    // What is done again is read from the journal of another.
    const uint64_t read = import.undo.redo().sequence();
    if (import.is_redo() && read <= past.last) except.insert(read);
  }
  controlpb::JournalWindow moved;
  moved.set_since(since);
  moved.set_below(past.last == 0 ? 0 : past.last + 1);
  moved.mutable_except()->Add(except.begin(), except.end());
  const bool told = moved.below() != window.below() ||
                    !std::equal(moved.except().begin(), moved.except().end(),
                                window.except().begin(), window.except().end());
  SLUICE_RETURN_IF_ERROR(transaction.WriteWindow(moved));
  if (!told) return false;
  controlpb::ImportEvent event;
  *event.mutable_window() = std::move(moved);
  SLUICE_RETURN_IF_ERROR(transaction.AddToOutbox("window", event));
  return true;
}

absl::StatusOr<bool> AgeWindow(ControlStore& store, int64_t days, const base::Clock& clock) {
  if (days <= 0) return false;
  const absl::Time since =
      absl::UnixEpoch() +
      absl::Floor(clock.Now() - absl::Hours(24) * days - absl::UnixEpoch(), absl::Hours(1));
  // Most calls change nothing.
  SLUICE_ASSIGN_OR_RETURN(const controlpb::JournalWindow window, store.ReadWindow());
  const std::string text = base::FormatTime(since);
  return text <= window.since() ? absl::StatusOr<bool>(false) : store.MoveWindow(text);
}

absl::Status CheckKept(const controlpb::JournalWindow& window, const ImportRecord& import) {
  const bool past = import.sequence < window.below() &&
                    std::find(window.except().begin(), window.except().end(), import.sequence) ==
                        window.except().end();
  if (!past) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "import {} ended on {}; only imports that ended since {} can be rolled back, done "
      "again or mended (rollback.window_days)",
      import.id, import.ended_at.value_or("?"), window.since()));
}

}  // namespace sluice::control

#include "cli/undo_progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kQuietNanos = 2 * kSecond;

}  // namespace

int64_t RowsWritten(const control::ImportRecord& import) {
  return import.counts.Of(control::recordpb::OUTCOME_ADDED) +
         import.counts.Of(control::recordpb::OUTCOME_UPDATED) + import.counts.created_references;
}

int64_t RowsTakenBack(const control::ImportRecord& import) {
  const auto& totals = import.undo.totals();
  return totals.removed() + totals.restored() + totals.partly();
}

std::string UndoProgressText(Language language, int64_t done, int64_t at_start, int64_t rows,
                             double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done - at_start) / seconds : 0;
  std::string left = "?";
  if (rows > 0 && rate > 0) {
    left = DurationText(
        static_cast<int64_t>(static_cast<double>(std::max<int64_t>(rows - done, 0)) / rate));
  }
  std::string share;
  if (rows > 0) {
    const double part = static_cast<double>(done) / static_cast<double>(rows);
    share = fmt::format("{:3.0f} %  ", std::min(part, 1.0) * 100);
  }
  return share + fmt::format(fmt::runtime(Say(language, "{} rows, {:.0f} rows/s, {} left",
                                              "{} 行，每秒 {:.0f} 行，剩余 {}")),
                             done, rate, left);
}

void UndoProgress::Show(const control::ImportRecord& import, int64_t now_nanos) {
  const int64_t done =
      import.rolling_back() ? control::RowsOf(import.undo.totals()) : import.counts.Finished();
  if (first_) {
    first_ = false;
    rows_at_start_ = done;
  }
  if (now_nanos - start_nanos_ < kQuietNanos || !line_.Due(now_nanos)) return;
  line_.Show(UndoProgressText(language_, done, rows_at_start_, rows_,
                              static_cast<double>(now_nanos - start_nanos_) / kSecond));
}

}  // namespace sluice::cli

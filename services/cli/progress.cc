#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

Progress::Progress(Language language, bool quiet, int64_t start_nanos)
    : language_(language), line_(quiet, start_nanos), start_nanos_(start_nanos) {}

void Progress::Show(const control::ImportRecord& import, int64_t now_nanos) {
  if (first_) {
    first_ = false;
    rows_at_start_ = import.counts.Finished();
    bytes_at_start_ = import.counts.bytes_read;
  }
  if (!line_.Due(now_nanos)) return;
  if (import.round() > 0) return ShowRound(import, now_nanos);
  const double seconds = static_cast<double>(now_nanos - start_nanos_) / kSecond;
  const int64_t finished = import.counts.Finished();
  const double rate = static_cast<double>(finished - rows_at_start_) / seconds;
  const uint64_t size = std::max<uint64_t>(import.plan.source().size_bytes(), 1);
  // Bytes of the source whose rows have an outcome, from the share of rows that have.
  const double share_done = import.counts.rows == 0
                                ? 0
                                : static_cast<double>(import.counts.bytes_read) /
                                      static_cast<double>(size) * static_cast<double>(finished) /
                                      static_cast<double>(import.counts.rows);
  const double share_at_start = static_cast<double>(bytes_at_start_) / static_cast<double>(size);
  std::string left = "?";
  if (share_done > share_at_start) {
    const double remaining = seconds * (1 - share_done) / (share_done - share_at_start);
    left = DurationText(static_cast<int64_t>(std::max(remaining, 0.0)));
  }
  const std::string text = fmt::format(
      fmt::runtime(Say(language_,
                       "{:3.0f} %  {} rows, {:.0f} rows/s, {} left  (added {}, updated {}, "
                       "skipped {}, rejected {}, review {})",
                       "{:3.0f} %  {} 行，每秒 {:.0f} 行，剩余 {}  （新增 {}，更新 {}，"
                       "跳过 {}，拒绝 {}，待审 {}）")),
      std::min(share_done, 1.0) * 100, finished, rate, left,
      import.counts.Of(control::recordpb::OUTCOME_ADDED),
      import.counts.Of(control::recordpb::OUTCOME_UPDATED),
      import.counts.Of(control::recordpb::OUTCOME_SKIPPED),
      import.counts.Of(control::recordpb::OUTCOME_REJECTED),
      import.counts.Of(control::recordpb::OUTCOME_REVIEW));
  line_.Show(text);
}

void Progress::ShowRound(const control::ImportRecord& import, int64_t now_nanos) {
  const double seconds = static_cast<double>(now_nanos - start_nanos_) / kSecond;
  const uint64_t rows = import.rounds.rounds().rbegin()->rows();
  const double rate = static_cast<double>(import.finished) / seconds;
  std::string left = "?";
  if (rate > 0) {
    left = DurationText(static_cast<int64_t>(
        (static_cast<double>(rows) - static_cast<double>(import.finished)) / rate));
  }
  line_.Show(
      fmt::format(fmt::runtime(Say(language_, "{} of {} rows sent again, {:.0f} rows/s, {} left",
                                   "重新提交 {} / {} 行，每秒 {:.0f} 行，剩余 {}")),
                  import.finished, rows, rate, left));
}

}  // namespace sluice::cli

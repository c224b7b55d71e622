#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTerminalEvery = kSecond / 5;
constexpr int64_t kPlainEvery = 10 * kSecond;

std::string Duration(int64_t seconds) {
  if (seconds >= 3600) {
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

// As much of the text as the terminal shows on one line: a longer one could not be written over.
std::string_view FitTerminal(std::string_view text) {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return text;
  size_t columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    // What is not ASCII here are Chinese characters.
    columns += byte < 0x80 ? 1 : 2;
    // The last column is left free: some terminals wrap when it is filled.
    if (columns >= size.ws_col) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Progress::Progress(Language language, bool quiet, int64_t start_nanos)
    : language_(language),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_nanos_(start_nanos),
      shown_at_nanos_(start_nanos) {}

Progress::~Progress() {
  if (line_open_) fmt::print(stderr, "\n");
}

void Progress::Show(const control::ImportRecord& import, int64_t now_nanos) {
  if (quiet_) return;
  if (first_) {
    first_ = false;
    rows_at_start_ = import.counts.Finished();
    bytes_at_start_ = import.counts.bytes_read;
  }
  if (now_nanos - shown_at_nanos_ < (terminal_ ? kTerminalEvery : kPlainEvery)) return;
  shown_at_nanos_ = now_nanos;
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
    left = Duration(static_cast<int64_t>(std::max(remaining, 0.0)));
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
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", FitTerminal(text));
    line_open_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

}  // namespace sluice::cli

#include "cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTerminalEvery = kSecond / 5;
constexpr int64_t kPlainEvery = 10 * kSecond;

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

ProgressLine::ProgressLine(bool quiet, int64_t start_nanos)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1), shown_at_nanos_(start_nanos) {}

ProgressLine::~ProgressLine() {
  if (line_open_) fmt::print(stderr, "\n");
}

bool ProgressLine::Due(int64_t now_nanos) {
  if (quiet_ || now_nanos - shown_at_nanos_ < (terminal_ ? kTerminalEvery : kPlainEvery)) {
    return false;
  }
  shown_at_nanos_ = now_nanos;
  return true;
}

void ProgressLine::Show(const std::string& text) {
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", FitTerminal(text));
    line_open_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
}

std::string DurationText(int64_t seconds) {
  if (seconds >= 3600) {
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace sluice::cli

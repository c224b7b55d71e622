#include "cli/byte_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace sluice::cli {
namespace {

constexpr int64_t kShownAfter = 2'000'000'000;

}  // namespace

std::string BytesText(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

void ByteProgress::Show(uint64_t done, uint64_t total, int64_t now_nanos) {
  if (now_nanos - start_nanos_ < kShownAfter || !line_.Due(now_nanos)) return;
  const double seconds = static_cast<double>(now_nanos - start_nanos_) / 1e9;
  const double rate = static_cast<double>(done) / seconds;
  // What grew while it was taken makes it more.
  total = std::max(total, done);
  const std::string left =
      done == 0 ? "?"
                : DurationText(static_cast<int64_t>(static_cast<double>(total - done) / rate));
  line_.Show(fmt::format(
      fmt::runtime(Say(language_, "{:3.0f} %  {} of {}, {}/s, {} left",
                       "{:3.0f} %  {} / {}，每秒 {}，剩余 {}")),
      total == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total),
      BytesText(done), BytesText(total), BytesText(static_cast<uint64_t>(rate)), left));
}

}  // namespace sluice::cli

#include "common/base/mutex.h"

#include <algorithm>
#include <chrono>

namespace sluice::base {
namespace {

// Beyond this a timeout is as good as none, and the clock's range is not exceeded.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

}  // namespace

void Mutex::Await(const Condition& condition) {
  while (!AwaitWithTimeout(condition, kLongest)) {
  }
}

bool Mutex::AwaitWithTimeout(const Condition& condition, absl::Duration timeout) {
  if (condition.Holds()) return true;
  const auto deadline =
      std::chrono::steady_clock::now() +
      absl::ToChronoNanoseconds(std::clamp(timeout, absl::ZeroDuration(), kLongest));
  // Waiting unlocks: what this thread changed so far may be what others wait for.
  if (waiting_ > 0) changed_.notify_all();
  std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
  ++waiting_;
  const bool holds = changed_.wait_until(lock, deadline, [&] { return condition.Holds(); });
  --waiting_;
  lock.release();
  return holds;
}

}  // namespace sluice::base

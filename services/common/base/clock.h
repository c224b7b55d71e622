// Time is injected: nothing but a composition root asks the machine for it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::base {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, for what people and records see. May jump.
  virtual absl::Time Now() const = 0;
  // Nanoseconds from an arbitrary start, never going back; for durations and deadlines.
  virtual int64_t MonotonicNanos() const = 0;
};

// The machine's clocks.
class SystemClock : public Clock {
 public:
  absl::Time Now() const override;
  int64_t MonotonicNanos() const override;
};

// RFC 3339 in UTC with milliseconds: the one form of time in JSON and databases.
std::string FormatTime(absl::Time time);

}  // namespace sluice::base

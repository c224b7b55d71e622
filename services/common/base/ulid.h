// Ids: ULID (github.com/ulid/spec), lower case, 26 characters: 48 bits of milliseconds, then 80
// random bits, in Crockford's base 32. They sort by creation time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace sluice::base {

inline constexpr size_t kUlidLength = 26;

// Source of random bytes. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(unsigned char* bytes, size_t count) = 0;
};

// The operating system's generator (OpenSSL RAND_bytes).
class SystemRandom : public Random {
 public:
  void Fill(unsigned char* bytes, size_t count) override;
};

// Makes ids that ascend even within one millisecond. Thread-safe. Clock and random outlive it.
class UlidGenerator {
 public:
  UlidGenerator(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string Next();

 private:
  const Clock& clock_;
  Random& random_;
  base::Mutex mutex_;
  uint64_t last_millis_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<unsigned char, 10> tail_ ABSL_GUARDED_BY(mutex_) = {};
};

// 26 characters of the alphabet without the time: a name nobody else takes or guesses.
std::string RandomName(Random& random);

// 26 characters of that alphabet and nothing of the time: a name that nobody else takes or guesses.
std::string RandomName(Random& random);

// True for 26 characters of the lower-case alphabet.
bool IsUlid(std::string_view text);

}  // namespace sluice::base

// How many bytes of pushed batches a process holds at once: memory must not grow with the number of
// callers.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"

namespace sluice::ingest {

// Thread-safe.
class PushBudget {
 public:
  // What was taken of the budget; gives it back when it goes. The budget outlives it.
  class Share {
   public:
    Share(PushBudget& budget, uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    ~Share() {
      if (budget_ != nullptr) budget_->GiveBack(bytes_);
    }
    Share(Share&& other) noexcept : budget_(other.budget_), bytes_(other.bytes_) {
      other.budget_ = nullptr;
    }
    Share& operator=(Share&&) = delete;

   private:
    PushBudget* budget_;
    uint64_t bytes_;
  };

  explicit PushBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  // Nothing when it does not fit beside what others hold now.
  std::optional<Share> Take(uint64_t bytes) {
    base::MutexLock lock(&mutex_);
    if (bytes > bytes_max_ - held_) return std::nullopt;
    held_ += bytes;
    return std::optional<Share>(std::in_place, *this, bytes);
  }

 private:
  void GiveBack(uint64_t bytes) {
    base::MutexLock lock(&mutex_);
    held_ -= bytes;
  }

  const uint64_t bytes_max_;
  base::Mutex mutex_;
  uint64_t held_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::ingest

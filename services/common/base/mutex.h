// The mutex of the project. Debian's Abseil is built without ThreadSanitizer, which therefore sees
// none of absl::Mutex's ordering and reports races that are none; this one stands on std::mutex,
// whose calls the sanitizer knows. Same names and the same use as in Abseil, for what is needed.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace sluice::base {

// What a thread waits for: a bool, or a callable without arguments. Refers to it, does not own it.
class Condition {
 public:
  explicit Condition(const bool* flag)
      : object_(flag), evaluate_([](const void* o) { return *static_cast<const bool*>(o); }) {}
  template <typename Callable>
  explicit Condition(const Callable* callable)
      : object_(callable),
        evaluate_([](const void* o) { return (*static_cast<const Callable*>(o))(); }) {}
  bool Holds() const { return evaluate_(object_); }

 private:
  const void* object_;
  bool (*evaluate_)(const void*);
};

// Whoever unlocks wakes those who wait for a condition; conditions are evaluated under the lock and
// must depend on nothing but what it guards.
class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    if (waiting_ > 0) changed_.notify_all();
    mutex_.unlock();
  }
  // Unlocks until the condition holds; locked again on return.
  void Await(const Condition& condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);
  // As Await, for at most `timeout`. True if the condition holds.
  bool AwaitWithTimeout(const Condition& condition, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  int waiting_ = 0;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace sluice::base

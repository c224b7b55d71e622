#include "common/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::base {
namespace {

TEST(MutexTest, KeepsThreadsApart) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10000; ++j) {
        MutexLock lock(&mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 40000);
}

TEST(MutexTest, AwaitReturnsWhenAnotherThreadMakesItTrue) {
  Mutex mutex;
  bool go = false;
  int turns = 0;
  std::thread other([&] {
    MutexLock lock(&mutex);
    mutex.Await(Condition(&go));
    turns = 1;
    const auto answered = [&] { return turns == 2; };
    mutex.Await(Condition(&answered));
    turns = 3;
  });
  {
    MutexLock lock(&mutex);
    go = true;
    // Both wait in turn: a thread that begins to wait wakes the one its change was for.
    const auto first = [&] { return turns == 1; };
    mutex.Await(Condition(&first));
    turns = 2;
    const auto last = [&] { return turns == 3; };
    mutex.Await(Condition(&last));
  }
  other.join();
  EXPECT_EQ(turns, 3);
}

TEST(MutexTest, ATimeoutEndsTheWait) {
  Mutex mutex;
  bool never = false;
  MutexLock lock(&mutex);
  EXPECT_FALSE(mutex.AwaitWithTimeout(Condition(&never), absl::Milliseconds(1)));
  EXPECT_FALSE(mutex.AwaitWithTimeout(Condition(&never), absl::ZeroDuration()));
  never = true;
  EXPECT_TRUE(mutex.AwaitWithTimeout(Condition(&never), absl::InfiniteDuration()));
}

}  // namespace
}  // namespace sluice::base

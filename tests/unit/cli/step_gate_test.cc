#include "cli/step_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace sluice::cli {
namespace {

TEST(StepGateTest, NobodyIsInAStepWhileItIsClosed) {
  StepGate gate;
  std::atomic<bool> stop{false};
  std::atomic<int> inside{0};
  std::atomic<int64_t> steps{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const StepGate::Pass pass(gate);
        ++inside;
        ++steps;
        --inside;
      }
    });
  }
  int closed = 0;
  for (int64_t seen = 0; closed < 200;) {
    // It lets them go on in between.
    if (steps == seen) continue;
    ASSERT_TRUE(gate.Close(absl::Seconds(60)).ok());
    EXPECT_EQ(inside, 0);
    seen = steps;
    std::this_thread::yield();
    EXPECT_EQ(steps, seen);
    gate.Open();
    ++closed;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(StepGateTest, AStepThatTakesLongLeavesItOpen) {
  StepGate gate;
  std::optional<StepGate::Pass> long_step(std::in_place, gate);
  EXPECT_TRUE(absl::IsDeadlineExceeded(gate.Close(absl::Milliseconds(1))));
  { const StepGate::Pass other(gate); }
  long_step.reset();
  EXPECT_TRUE(gate.Close(absl::Seconds(60)).ok());
  gate.Open();
}

}  // namespace
}  // namespace sluice::cli

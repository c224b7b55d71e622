// Every state an import can be in, with every wish somebody may have of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "control/import_record.h"

namespace sluice::control {
namespace {

using S = controlpb::ImportState;

struct Case {
  S state;
  // What follows; nothing = refused.
  std::optional<S> pause;
  std::optional<S> resume;
  std::optional<S> cancel;
};

const Case kCases[] = {
    {S::IMPORT_STATE_QUEUED, S::IMPORT_STATE_PAUSED, S::IMPORT_STATE_QUEUED,
     S::IMPORT_STATE_DRAINING},
    {S::IMPORT_STATE_RUNNING, S::IMPORT_STATE_PAUSED, S::IMPORT_STATE_RUNNING,
     S::IMPORT_STATE_DRAINING},
    {S::IMPORT_STATE_PAUSED, S::IMPORT_STATE_PAUSED, S::IMPORT_STATE_RUNNING,
     S::IMPORT_STATE_DRAINING},
    {S::IMPORT_STATE_DRAINING, {}, {}, S::IMPORT_STATE_DRAINING},
    {S::IMPORT_STATE_COMPLETED, {}, {}, {}},
    {S::IMPORT_STATE_FAILED, {}, {}, {}},
    {S::IMPORT_STATE_CANCELLED, {}, {}, S::IMPORT_STATE_CANCELLED},
    {S::IMPORT_STATE_ROLLING_BACK, {}, {}, {}},
    {S::IMPORT_STATE_ROLLED_BACK, {}, {}, {}},
    {S::IMPORT_STATE_PARTLY_ROLLED_BACK, {}, {}, {}},
};

void Check(S state, Wish wish, const std::optional<S>& expected) {
  const auto after = StateAfter(state, wish);
  ASSERT_EQ(after.ok(), expected.has_value()) << StateName(state) << ": " << after.status();
  if (expected.has_value()) {
    EXPECT_EQ(*after, *expected) << StateName(state);
    // Wished again, nothing more happens.
    EXPECT_EQ(*StateAfter(*after, wish), *after) << StateName(state);
    return;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(after.status()));
  EXPECT_NE(after.status().message().find(StateName(state)), std::string_view::npos);
}

TEST(ImportStateTest, EveryStateWithEveryWish) {
  for (const Case& each : kCases) {
    Check(each.state, Wish::kPause, each.pause);
    Check(each.state, Wish::kResume, each.resume);
    Check(each.state, Wish::kCancel, each.cancel);
  }
}

TEST(ImportStateTest, NoStateIsLeftOut) {
  for (int state = controlpb::ImportState_MIN + 1; state <= controlpb::ImportState_MAX; ++state) {
    const auto is_it = [&](const Case& each) { return each.state == state; };
    EXPECT_EQ(std::count_if(std::begin(kCases), std::end(kCases), is_it), 1) << state;
  }
}

TEST(ImportTimeTest, TheTimeBetweenRoundsIsNotWorkedOn) {
  absl::Time now;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-03-01T09:00:00Z", &now, nullptr));
  ImportRecord import;
  import.created_at = "2026-03-01T08:00:00.000Z";
  EXPECT_EQ(TimeWorkedOn(import, now), absl::Hours(1));
  import.ended_at = "2026-03-01T08:00:10.500Z";
  EXPECT_EQ(TimeWorkedOn(import, now), absl::Milliseconds(10500));
  controlpb::ImportRound& round = *import.rounds.add_rounds();
  round.set_rested_since("2026-03-01T08:00:10.500Z");
  round.set_started_at("2026-03-01T08:59:58.000Z");
  import.ended_at.reset();
  EXPECT_EQ(TimeWorkedOn(import, now), absl::Milliseconds(12500));
  import.ended_at = "2026-03-01T09:30:00.000Z";
  EXPECT_EQ(TimeWorkedOn(import, now), absl::Milliseconds(12500) + absl::Minutes(30));
  // Of an older version.
  import.rounds.mutable_rounds(0)->clear_rested_since();
  EXPECT_EQ(TimeWorkedOn(import, now), absl::Minutes(90));
}

}  // namespace
}  // namespace sluice::control

#include "common/kafka/state_changelog.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace sluice::kafka {
namespace {

using stream::StateChange;
using Seen = std::tuple<StateChange::Kind, uint32_t, std::string, std::string>;

constexpr auto kPut = StateChange::Kind::kPut;

std::vector<Seen> Read(const ChangelogRecord& record) {
  std::vector<Seen> seen;
  EXPECT_TRUE(VisitChanges(2, record.key, record.value, [&](const StateChange& change) {
    seen.emplace_back(change.kind, change.partition, change.key, change.value);
  }));
  return seen;
}

TEST(StateChangelogTest, ChangesComeBackInOrder) {
  StateBlock block;
  block.Add({kPut, 2, "key", "value"});
  block.Add({kPut, 2, "key", ""});
  block.Add({StateChange::Kind::kDelete, 2, "key", {}});
  block.Add({StateChange::Kind::kDropPrefix, 2, "ke", {}});
  block.Add({kPut, 2, "", "of no key"});
  EXPECT_EQ(Read(block.Record()), (std::vector<Seen>{{kPut, 2, "key", "value"},
                                                     {kPut, 2, "key", ""},
                                                     {StateChange::Kind::kDelete, 2, "key", ""},
                                                     {StateChange::Kind::kDropPrefix, 2, "ke", ""},
                                                     {kPut, 2, "", "of no key"}}));
}

TEST(StateChangelogTest, CompactionMayOnlyReplaceABlockByItsEqual) {
  StateBlock one;
  StateBlock same;
  StateBlock other;
  one.Add({kPut, 0, "a", "v"});
  same.Add({kPut, 0, "a", "v"});
  other.Add({kPut, 0, "a", "w"});
  EXPECT_EQ(one.Record().key, same.Record().key);
  EXPECT_NE(one.Record().key, other.Record().key);
}

TEST(StateChangelogTest, FillsUp) {
  StateBlock block;
  EXPECT_TRUE(block.empty());
  size_t changes = 0;
  for (; !block.full(); ++changes) block.Add({kPut, 0, "key", std::string(1000, 'v')});
  EXPECT_GT(changes, 100u);
  EXPECT_LT(block.Record().value.size(), 200'000u);
  block.Clear();
  EXPECT_TRUE(block.empty());
}

TEST(StateChangelogTest, WhatIsNoBlockIsPassedOver) {
  const auto never = [](const StateChange&) { FAIL(); };
  EXPECT_FALSE(VisitChanges(0, "", "v", never));
  EXPECT_FALSE(VisitChanges(0, "xkey", "v", never));
  EXPECT_FALSE(VisitChanges(0, "b", std::nullopt, never));
  EXPECT_FALSE(VisitChanges(0, "b", "\x0a\x7f", never));
  // A change of an unknown kind.
  EXPECT_FALSE(VisitChanges(0, "b", std::string("\x0a\x02\x08\x09", 4), never));
}

}  // namespace
}  // namespace sluice::kafka

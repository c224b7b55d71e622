#include "common/kafka/state_changelog.h"

#include <gtest/gtest.h>

namespace sluice::kafka {
namespace {

using stream::StateChange;

void ExpectComesBack(const StateChange& change) {
  const ChangelogRecord record = EncodeChange(change);
  const auto decoded = DecodeChange(change.partition, record.key, record.value);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->kind, change.kind);
  EXPECT_EQ(decoded->partition, change.partition);
  EXPECT_EQ(decoded->key, change.key);
  if (change.kind == StateChange::Kind::kPut) EXPECT_EQ(decoded->value, change.value);
}

TEST(StateChangelogTest, ChangesComeBack) {
  ExpectComesBack({StateChange::Kind::kPut, 2, "key", "value"});
  ExpectComesBack({StateChange::Kind::kPut, 2, "key", ""});
  ExpectComesBack({StateChange::Kind::kDelete, 2, "key", {}});
  ExpectComesBack({StateChange::Kind::kDropPrefix, 2, "ke", {}});
}

TEST(StateChangelogTest, CompactionNeverLetsADropReplaceAKey) {
  EXPECT_NE(EncodeChange({StateChange::Kind::kPut, 0, "a", "v"}).key,
            EncodeChange({StateChange::Kind::kDropPrefix, 0, "a", {}}).key);
  EXPECT_EQ(EncodeChange({StateChange::Kind::kPut, 0, "a", "v"}).key,
            EncodeChange({StateChange::Kind::kDelete, 0, "a", {}}).key);
}

TEST(StateChangelogTest, WhatIsNoChangeIsPassedOver) {
  EXPECT_FALSE(DecodeChange(0, "", "v").has_value());
  EXPECT_FALSE(DecodeChange(0, "xkey", "v").has_value());
  EXPECT_FALSE(DecodeChange(0, "dprefix", std::nullopt).has_value());
}

}  // namespace
}  // namespace sluice::kafka

#include "common/base/ulid.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

class FixedClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(1469918176385); }
  int64_t MonotonicNanos() const override { return 0; }
};

class ZeroRandom : public Random {
 public:
  void Fill(unsigned char* bytes, size_t count) override { std::fill_n(bytes, count, 0); }
};

TEST(UlidTest, EncodesTheTimeOfTheSpecificationsExample) {
  FixedClock clock;
  ZeroRandom random;
  UlidGenerator ids(clock, random);
  const std::string id = ids.Next();
  EXPECT_EQ(id.substr(0, 10), "01aryz6s41");
  EXPECT_EQ(id.substr(10), "0000000000000000");
}

TEST(UlidTest, IdsOfOneMillisecondAscend) {
  FixedClock clock;
  SystemRandom random;
  UlidGenerator ids(clock, random);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = ids.Next();
    EXPECT_TRUE(IsUlid(id));
    EXPECT_GT(id, last);
    last = id;
  }
}

}  // namespace
}  // namespace sluice::base

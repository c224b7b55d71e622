#include "common/base/wire.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(WireTest, ReadsBackWhatWasWritten) {
  std::string bytes;
  WireWriter out(bytes);
  out.Varint(1, 300);
  const size_t mark = out.Begin(2);
  out.Bytes(1, "inner");
  out.End(mark);
  out.Element(3, "");
  WireReader in(bytes);
  ASSERT_TRUE(in.Next());
  EXPECT_EQ(in.field(), 1u);
  EXPECT_EQ(in.varint(), 300u);
  ASSERT_TRUE(in.Next());
  WireReader nested(in.bytes());
  ASSERT_TRUE(nested.Next());
  EXPECT_EQ(nested.bytes(), "inner");
  ASSERT_TRUE(in.Next());
  EXPECT_EQ(in.field(), 3u);
  EXPECT_EQ(in.bytes(), "");
  EXPECT_FALSE(in.Next());
  EXPECT_TRUE(in.ok());
}

TEST(WireTest, EveryTruncationIsNoticedOrEndsAtAField) {
  std::string bytes;
  WireWriter out(bytes);
  out.Varint(1, 1u << 20);
  out.Bytes(2, "0123456789");
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    WireReader in(std::string_view(bytes).substr(0, cut));
    size_t fields = 0;
    while (in.Next()) ++fields;
    EXPECT_TRUE(!in.ok() || fields < 2) << cut;
  }
}

}  // namespace
}  // namespace sluice::base

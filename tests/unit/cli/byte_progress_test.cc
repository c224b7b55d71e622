#include "cli/byte_progress.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(BytesTextTest, ThreeDigitsAndAUnit) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(999), "999 B");
  EXPECT_EQ(BytesText(1000), "1.0 kB");
  EXPECT_EQ(BytesText(246'300'000), "246.3 MB");
  EXPECT_EQ(BytesText(uint64_t{5'000'000'000'000'000}), "5000.0 TB");
}

// Not on a terminal: a line every ten seconds.
TEST(ByteProgressTest, RateAndTimeLeft) {
  ::testing::internal::CaptureStderr();
  {
    ByteProgress progress(Language::kEnglish, false, 0);
    progress.Show(1'000'000, 100'000'000, kSecond);
    progress.Show(20'000'000, 100'000'000, 10 * kSecond);
    progress.Show(21'000'000, 100'000'000, 11 * kSecond);
    ByteProgress quiet(Language::kEnglish, true, 0);
    quiet.Show(20'000'000, 100'000'000, 10 * kSecond);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            " 20 %  20.0 MB of 100.0 MB, 2.0 MB/s, 0:40 left\n");
}

TEST(ByteProgressTest, InChineseAndWhenMoreCameThanWasExpected) {
  ::testing::internal::CaptureStderr();
  ByteProgress progress(Language::kChinese, false, 0);
  progress.Show(120'000'000, 100'000'000, 10 * kSecond);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "100 %  120.0 MB / 120.0 MB，每秒 12.0 MB，剩余 0:00\n");
}

}  // namespace
}  // namespace sluice::cli

#include "common/recognise/checksum.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/common/recognise/synthetic_values.h"

namespace sluice::recognise {
namespace {

// What is true of a number must be false of the same number with another check digit.
template <typename Check>
void ExpectGuarded(Check check, std::string number) {
  EXPECT_TRUE(check(number)) << number;
  number.back() = number.back() == '1' ? '2' : '1';
  EXPECT_FALSE(check(number)) << number;
  EXPECT_FALSE(check(number.substr(1)));
}

TEST(ChecksumTest, CheckDigitsCount) {
  for (uint32_t row = 0; row < 50; ++row) {
    ExpectGuarded(IsResidentId, SyntheticValue("rid", row));
    ExpectGuarded(IsSocialCreditCode, SyntheticValue("uscc", row));
    ExpectGuarded(IsBankCard, SyntheticValue("card", row));
  }
}

TEST(ChecksumTest, PublishedExamples) {
  // GB 11643-1999, appendix A.
  EXPECT_TRUE(IsResidentId("11010519491231002X"));
  EXPECT_TRUE(IsResidentId("11010519491231002x"));
  EXPECT_TRUE(IsResidentId("440524188001010014"));
  // The day does not exist, though the digit is right.
  EXPECT_FALSE(IsResidentId("110105194902310022"));
  // GB 32100-2015, 4.
  EXPECT_TRUE(IsSocialCreditCode("91350100M000100Y43"));
  EXPECT_FALSE(IsSocialCreditCode("91350100M000100Y44"));
  EXPECT_FALSE(IsSocialCreditCode("91350100I000100Y43"));
  // The test number of payment systems.
  EXPECT_TRUE(IsBankCard("4111 1111 1111 1111"));
  EXPECT_FALSE(IsBankCard("4111 1111 1111 1112"));
  EXPECT_FALSE(IsBankCard("4111 1111 1111 111a"));
}

}  // namespace
}  // namespace sluice::recognise

#include "control/lease_book.h"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

class LeaseBookTest : public ::testing::Test {
 protected:
  LeaseBookTest() {
    for (const char* id : {"a", "b"}) {
      ImportRecord import;
      import.id = id;
      import.plan.set_sink("customers");
      book_.Add(import);
    }
  }

  // Holders as letters in the order of the imports: Y(ou), O(ther), N(obody), D(one).
  std::string Renew(const std::string& instance, const std::vector<std::string>& held,
                    int64_t seconds) {
    controlpb::RenewLeasesRequest request;
    request.set_instance(instance);
    for (const std::string& id : held) request.add_held(id);
    request.set_wants_more(true);
    std::string holders;
    const controlpb::RenewLeasesResponse response = book_.Renew(request, seconds * kSecond);
    for (const auto& import : response.imports()) {
      holders += "?YOND"[import.holder()];
    }
    return holders;
  }
  void Release(const std::string& instance, const std::string& ended) {
    controlpb::ReleaseLeasesRequest request;
    request.set_instance(instance);
    request.add_ended(ended);
    book_.Release(request);
  }

  LeaseBook book_{absl::Seconds(10)};
};

TEST_F(LeaseBookTest, InstancesThatAskInTurnShareTheImports) {
  EXPECT_EQ(Renew("0", {}, 1), "YN");
  EXPECT_EQ(Renew("1", {}, 1), "OY");
  EXPECT_EQ(Renew("0", {"a"}, 2), "YO");
}

TEST_F(LeaseBookTest, WhatNobodyReadsIsCounted) {
  const auto counts = [&](int64_t seconds) {
    const LeaseBook::Counts counted = book_.Count(seconds * kSecond);
    return std::pair(counted.running, counted.waiting);
  };
  EXPECT_EQ(counts(0), std::pair(int64_t{2}, int64_t{2}));
  EXPECT_EQ(Renew("0", {}, 1), "YN");
  EXPECT_EQ(counts(1), std::pair(int64_t{2}, int64_t{1}));
  Release("0", "a");
  // Read to its end: it runs on, and nobody need read it.
  EXPECT_EQ(counts(1), std::pair(int64_t{2}, int64_t{1}));
  EXPECT_EQ(Renew("1", {}, 2), "DY");
  EXPECT_EQ(counts(2), std::pair(int64_t{2}, int64_t{0}));
  EXPECT_EQ(counts(13), std::pair(int64_t{2}, int64_t{1})) << "the lease is over";
  book_.Remove("b");
  EXPECT_EQ(counts(13), std::pair(int64_t{1}, int64_t{0}));
}

TEST_F(LeaseBookTest, WhoSaysNothingLosesItsImports) {
  EXPECT_EQ(Renew("0", {}, 1), "YN");
  EXPECT_EQ(Renew("0", {"a"}, 2), "YY");
  EXPECT_EQ(Renew("1", {}, 11), "OO");
  EXPECT_EQ(Renew("1", {}, 13), "YN");
  EXPECT_EQ(Renew("0", {"a", "b"}, 13), "OY");
}

TEST_F(LeaseBookTest, AfterARestartOfControlAHolderKeepsWhatItHolds) {
  EXPECT_EQ(Renew("0", {"a", "b"}, 1), "YY");
}

TEST_F(LeaseBookTest, AnInstanceThatStartsAgainGoesOnWithItsImport) {
  EXPECT_EQ(Renew("0", {}, 1), "YN");
  EXPECT_EQ(Renew("0", {}, 2), "YY");
}

TEST_F(LeaseBookTest, WhatWasReadToItsEndIsGivenToNobody) {
  EXPECT_EQ(Renew("0", {}, 1), "YN");
  Release("1", "a");
  EXPECT_EQ(Renew("0", {"a"}, 1), "YY");
  Release("0", "a");
  EXPECT_EQ(Renew("0", {"b"}, 1), "DY");
  EXPECT_EQ(Renew("1", {}, 1), "DO");
  book_.Remove("a");
  EXPECT_EQ(Renew("1", {}, 1), "O");
}

TEST_F(LeaseBookTest, TheAnswerSaysHowFarEveryImportIs) {
  const uint64_t before = book_.version();
  book_.Progress("b", 7);
  EXPECT_NE(book_.version(), before);
  const auto response = book_.Renew({}, kSecond);
  EXPECT_EQ(response.imports(1).finished(), 7);
  EXPECT_EQ(response.imports(1).sink(), "customers");
}

}  // namespace
}  // namespace sluice::control

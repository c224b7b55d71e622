// The part of the contract of control's stores that is about taking turns: leases of imports, and
// who publishes the outbox.
#pragma once

#include "tests/contract/control_store_fixture.h"

namespace sluice::contract {

class ControlLeaseContract : public ControlStoreContract {
 protected:
  void SetUp() override {
    ControlStoreContract::SetUp();
    other_ = fixture_->OpenAnother();
    Create("a");
    Create("b");
  }
  // What one process gives, the other knows of.
  std::unique_ptr<control::ControlStore> other_;
};

TEST_P(ControlLeaseContract, InstancesThatAskInTurnShareTheImports) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  EXPECT_EQ(Renew(*other_, "1", {}), "OY");
  EXPECT_EQ(Renew(*other_, "0", {"a"}), "YO");
  EXPECT_EQ(Renew(store(), "1", {"b"}), "OY");
}

TEST_P(ControlLeaseContract, WhoSaysNothingLosesItsImports) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  EXPECT_EQ(Renew(store(), "0", {"a"}), "YY");
  fixture_->AgeLeases(9);
  EXPECT_EQ(Renew(*other_, "1", {}), "OO");
  fixture_->AgeLeases(2);
  EXPECT_EQ(Renew(*other_, "1", {}), "YN");
  EXPECT_EQ(Renew(store(), "0", {"a", "b"}), "OY");
}

TEST_P(ControlLeaseContract, WhoAsksInTimeKeepsItsImports) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  for (int turn = 0; turn < 5; ++turn) {
    fixture_->AgeLeases(8);
    EXPECT_EQ(Renew(*other_, "0", {"a", "b"}), "YY");
  }
  fixture_->AgeLeases(1);
  EXPECT_EQ(Renew(store(), "0", {"a", "b"}), "YY");
  fixture_->AgeLeases(8);
  EXPECT_EQ(Renew(store(), "1", {}), "OO");
}

TEST_P(ControlLeaseContract, ARestartOfControlChangesNothing) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  fixture_->Reopen();
  EXPECT_EQ(Renew(store(), "1", {}), "OY");
  // The same instance goes on with its import after a restart of its own.
  EXPECT_EQ(Renew(store(), "0", {}), "YO");
}

TEST_P(ControlLeaseContract, WhatWasReadToItsEndIsGivenToNobody) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  Release(*other_, "1", "a");
  EXPECT_EQ(Renew(store(), "0", {"a"}), "YY");
  Release(*other_, "0", "a");
  EXPECT_EQ(Renew(store(), "0", {"b"}), "DY");
  EXPECT_EQ(Renew(store(), "1", {}), "DO");
  fixture_->Reopen();
  EXPECT_EQ(Renew(store(), "1", {}), "DO");
}

TEST_P(ControlLeaseContract, APausedImportIsReadByNobodyUntilItIsResumed) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  ASSERT_TRUE(other_->ChangeState("a", control::Wish::kPause).ok());
  EXPECT_EQ(Renew(store(), "0", {"a"}), "NY");
  EXPECT_EQ(Renew(*other_, "1", {}), "NO");
  ASSERT_TRUE(store().ChangeState("a", control::Wish::kResume).ok());
  // Who had it goes on with it; nobody else, as long as its lease would have lasted.
  EXPECT_EQ(Renew(*other_, "1", {}), "OO");
  EXPECT_EQ(Renew(store(), "0", {"b"}), "YY");
  // A cancelled one is somebody's: it has to be ended.
  ASSERT_TRUE(store().ChangeState("a", control::Wish::kPause).ok());
  ASSERT_TRUE(store().ChangeState("a", control::Wish::kCancel).ok());
  EXPECT_EQ(Renew(store(), "0", {"b"}), "YY");
}

TEST_P(ControlLeaseContract, AnInstanceThatGivesUpAnImportLeavesItToOthers) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  control::controlpb::ReleaseLeasesRequest request;
  request.set_instance("0");
  request.add_imports("a");
  ASSERT_TRUE(store().ReleaseLeases(request).ok());
  EXPECT_EQ(Renew(*other_, "1", {}), "YN");
}

TEST_P(ControlLeaseContract, AnImportThatHasEndedIsNotToldAnyMore) {
  EXPECT_EQ(Renew(store(), "0", {}), "YN");
  ASSERT_TRUE(Apply(store(), 0, 0, Ended("a", 0, 1, 1)).ok());
  ASSERT_TRUE(Apply(*other_, 1, 0, Ended("a", 1, 1, 1)).ok());
  EXPECT_EQ(Renew(store(), "1", {}), "Y");
}

TEST_P(ControlLeaseContract, WhoIsNobodyLooksAndTakesNothing) {
  const auto look = [&] {
    const auto response = store().RenewLeases({}, absl::Seconds(10));
    EXPECT_TRUE(response.ok()) << response.status();
    std::string holders;
    for (const auto& import : response->imports()) holders += "?YOND"[import.holder()];
    return holders;
  };
  EXPECT_EQ(look(), "NN");
  EXPECT_EQ(Renew(*other_, "0", {}), "YN");
  EXPECT_EQ(look(), "ON");
  Release(store(), "0", "a");
  EXPECT_EQ(look(), "DN");
  EXPECT_EQ(Renew(*other_, "0", {}), "DY");
  fixture_->AgeLeases(11);
  EXPECT_EQ(look(), "DN");
}

TEST_P(ControlLeaseContract, TheAnswerSaysHowFarEveryImportIs) {
  ASSERT_TRUE(Apply(*other_, 0, 0, Skipped("b", 0, 7)).ok());
  control::controlpb::RenewLeasesRequest request;
  request.set_instance("0");
  const auto response = store().RenewLeases(request, absl::Milliseconds(2500));
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->imports_size(), 2);
  EXPECT_EQ(response->imports(0).finished(), 0);
  EXPECT_EQ(response->imports(1).finished(), 7);
  EXPECT_EQ(response->imports(1).sink(), "customers");
  EXPECT_EQ(response->imports(1).holder(), control::controlpb::LEASE_HOLDER_NOBODY);
  EXPECT_EQ(response->lease().seconds(), 2);
  EXPECT_EQ(response->lease().nanos(), 500'000'000);
}

TEST_P(ControlLeaseContract, OneOfSeveralPublishesTheOutbox) {
  using Turn = control::OutboxTurn;
  constexpr auto kLease = absl::Seconds(10);
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kTaken);
  EXPECT_EQ(*other_->TakeOutbox("1", kLease), Turn::kOther);
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kKept);
  fixture_->AgeLeases(9);
  EXPECT_EQ(*other_->TakeOutbox("1", kLease), Turn::kOther);
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kKept);
  fixture_->AgeLeases(11);
  EXPECT_EQ(*other_->TakeOutbox("1", kLease), Turn::kTaken);
  // Who slept is told that it was not the publisher all the time.
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kOther);
  fixture_->AgeLeases(11);
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kTaken);
  // Also when nobody else has published meanwhile.
  fixture_->AgeLeases(11);
  EXPECT_EQ(*store().TakeOutbox("0", kLease), Turn::kTaken);
}

TEST_P(ControlLeaseContract, OnlyWhatWasPublishedLeavesTheOutbox) {
  const auto published = store().ReadOutbox();
  ASSERT_TRUE(published.ok());
  ASSERT_EQ(published->size(), 4u);
  Create("c");
  ASSERT_TRUE(other_->DropOutbox({published->begin() + 1, published->end()}).ok());
  EXPECT_EQ(OutboxKeys(store()), "plan/a/1 plan/c/1 state/c ");
  fixture_->Reopen();
  EXPECT_EQ(OutboxKeys(store()), "plan/a/1 plan/c/1 state/c ");
}

}  // namespace sluice::contract

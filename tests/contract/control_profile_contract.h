// Profiles: the part of the contract of control::ControlStore that keeps mappings.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "tests/contract/control_store_fixture.h"

namespace sluice::contract {

class ControlProfileContract : public ControlStoreContract {
 protected:
  static uint32_t Save(control::ControlStore& store, const std::string& name,
                       const std::string& mapping) {
    control::controlpb::Profile profile;
    profile.set_name(name);
    profile.set_mapping(mapping);
    profile.set_dataset("customers");
    profile.add_columns("列");
    const auto saved = store.SaveProfile(profile);
    EXPECT_TRUE(saved.ok()) << saved.status();
    EXPECT_GT(saved->saved_at().seconds(), 0);
    return saved->version();
  }
  static std::string Listed(control::ControlStore& store, const std::string& name) {
    const auto profiles = store.ReadProfiles(name);
    EXPECT_TRUE(profiles.ok()) << profiles.status();
    std::string listed;
    for (const auto& profile : *profiles) {
      listed += profile.name() + std::to_string(profile.version()) + "=" + profile.mapping() + " ";
    }
    return listed;
  }
};

TEST_P(ControlProfileContract, EverySaveIsAVersionThatStays) {
  EXPECT_EQ(Listed(store(), ""), "");
  EXPECT_EQ(Save(store(), "b", "x"), 1u);
  EXPECT_EQ(Save(store(), "b", "y"), 2u);
  EXPECT_EQ(Save(store(), "a", "z"), 1u);
  fixture_->Reopen();
  const auto other = fixture_->OpenAnother();
  EXPECT_EQ(Listed(*other, ""), "a1=z b2=y ");
  EXPECT_EQ(Listed(*other, "b"), "b1=x b2=y ");
  EXPECT_EQ(Listed(*other, "c"), "");
  const auto found = store().ReadProfiles("a");
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].dataset(), "customers");
  EXPECT_EQ((*found)[0].columns(0), "列");
}

TEST_P(ControlProfileContract, AVersionIsNotGivenTwice) {
  Save(store(), "a", "x");
  Save(store(), "a", "y");
  ASSERT_TRUE(store().DeleteProfile("a").ok());
  EXPECT_TRUE(store().DeleteProfile("a").ok());
  EXPECT_EQ(Listed(store(), ""), "");
  EXPECT_EQ(Save(store(), "a", "z"), 3u);
  EXPECT_EQ(Listed(store(), "a"), "a3=z ");
}

TEST_P(ControlProfileContract, TwoStoresDrawDifferentVersions) {
  constexpr uint32_t kSaves = 20;
  const auto other = fixture_->OpenAnother();
  const auto run = [&](control::ControlStore& here) {
    for (uint32_t i = 0; i < kSaves; ++i) Save(here, "a", "x");
  };
  std::thread thread([&] { run(*other); });
  run(store());
  thread.join();
  const auto all = store().ReadProfiles("a");
  ASSERT_EQ(all->size(), 2 * kSaves);
  for (uint32_t i = 0; i < 2 * kSaves; ++i) EXPECT_EQ((*all)[i].version(), i + 1);
}

}  // namespace sluice::contract

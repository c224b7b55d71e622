// Profiles: which fits a file, and the file they travel in.
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "control/profile_file.h"
#include "control/profile_match.h"

namespace sluice::control {
namespace {

using Texts = std::vector<std::string>;

controlpb::Profile Profile(const std::string& name, const Texts& columns,
                           const std::string& mapping = "unmapped: ignore\n") {
  controlpb::Profile profile;
  profile.set_name(name);
  profile.set_version(1);
  profile.set_mapping(mapping);
  for (const std::string& column : columns) profile.add_columns(column);
  return profile;
}

Texts TextsOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

TEST(ProfileMatchTest, HeadersAreTheSameInAnotherCaseWidthAndOrder) {
  const std::string wanted = FingerprintOf({"Name", "电话", "Ort"}, false);
  EXPECT_EQ(wanted.size(), 16u);
  EXPECT_EQ(FingerprintOf({" ort ", "ＮＡＭＥ", "电话"}, false), wanted);
  EXPECT_NE(FingerprintOf({"Name", "电话"}, false), wanted);
  EXPECT_NE(FingerprintOf({"Name", "电话", "Ort", "Ort_2"}, false), wanted);
  EXPECT_NE(FingerprintOf({"金额(元)"}, false), FingerprintOf({"金额(万元)"}, false));
  EXPECT_EQ(FingerprintOf({"A", "b"}, true), FingerprintOf({"a", "B"}, true));
  EXPECT_NE(FingerprintOf({"a", "b"}, true), FingerprintOf({"b", "a"}, true));
}

TEST(ProfileMatchTest, ExactOnesComeFirstAndCloseOnesSayWhatDiffers) {
  const std::vector<controlpb::Profile> profiles = {
      Profile("far", {"x", "y", "a"}), Profile("near", {"a", "b", "c", "d"}),
      Profile("exact", {"B", "a", "c"}), Profile("none", {})};
  const auto matches = MatchProfiles(profiles, {"a", "b", "c"});
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[0].profile().name(), "exact");
  EXPECT_TRUE(matches[0].exact());
  EXPECT_EQ(matches[1].profile().name(), "near");
  EXPECT_FALSE(matches[1].exact());
  EXPECT_EQ(TextsOf(matches[1].missing()), Texts{"d"});
  EXPECT_EQ(TextsOf(matches[1].added()), Texts{});
  EXPECT_TRUE(MatchProfiles(profiles, {}).empty());
}

TEST(ProfileMatchTest, AtMostThreeComeClose) {
  std::vector<controlpb::Profile> profiles;
  for (int i = 0; i < 5; ++i) profiles.push_back(Profile(std::to_string(i), {"a", "b", "c"}));
  profiles.push_back(Profile("nearest", {"a", "b", "c", "e"}));
  const auto matches = MatchProfiles(profiles, {"a", "b", "c", "d", "e"});
  ASSERT_EQ(matches.size(), 3u);
  EXPECT_EQ(matches[0].profile().name(), "nearest");
  EXPECT_EQ(matches[1].profile().name(), "0");
}

TEST(ProfileMatchTest, CellsThatAreCountedNeedTheirOrder) {
  EXPECT_TRUE(ReadsByPosition("{expression: 'cell[1]', to: name}"));
  EXPECT_TRUE(ReadsByPosition("expression: \"cell [ 2 ]\""));
  EXPECT_FALSE(ReadsByPosition("expression: 'cell[\"a\"] .. cell[ \"b\"]'"));
  EXPECT_FALSE(ReadsByPosition("expression: \"cell[\\\"a\\\"]\""));
  EXPECT_FALSE(ReadsByPosition("{from: cell, to: name}"));
  const auto matches =
      MatchProfiles({Profile("p", {"a", "b"}, "{expression: 'cell[1]', to: name}")}, {"b", "a"});
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_FALSE(matches[0].exact());
}

TEST(ProfileFileTest, WhatIsWrittenIsReadAgain) {
  for (const std::string mapping :
       {"columns:\n  - {from: a, to: name}\n", "no line end", "\n\n  # first\n\ntail\n\n",
        "tab:\there\n", "'quoted': \"and\" # 注释\n", "---\n...\n", "  \n"}) {
    const auto read = ParseProfile(
        FormatProfile(Profile("na: \"me\"", {"a\"b", "- c", "列"}, mapping)), "p.yaml");
    ASSERT_TRUE(read.ok()) << read.status() << mapping;
    EXPECT_EQ(read->name(), "na: \"me\"");
    EXPECT_EQ(read->mapping(), mapping);
    EXPECT_EQ(TextsOf(read->columns()), (Texts{"a\"b", "- c", "列"}));
  }
}

TEST(ProfileFileTest, MistakesAreToldWithTheirPlace) {
  for (const auto& [yaml, told] : std::vector<std::pair<std::string, std::string>>{
           {"profile: a\n", "p.yaml:1:1: a profile needs"},
           {"profile: a\nmapping: b\ncolumn: []\n", "p.yaml:3:1: unknown key 'column'"},
           {"profile: a\nmapping: {dataset: x}\n", "p.yaml:2:"},
           {"- a\n", "p.yaml:1:1"},
           {"profile: [\n", "p.yaml:"}}) {
    const absl::Status status = ParseProfile(yaml, "p.yaml").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << yaml;
    EXPECT_TRUE(base::Message(status).starts_with(told)) << yaml << status;
  }
}

}  // namespace
}  // namespace sluice::control

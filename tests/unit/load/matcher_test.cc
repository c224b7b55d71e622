#include "load/matcher.h"

#include <gtest/gtest.h>

#include "tests/unit/load/load_sink_fixture.h"

namespace sluice::load {
namespace {

// Fields: external_id, name, contact_name, phone, email, note. Import sequence 1.
class MatcherTest : public LoadSinkTest {
 protected:
  void Plan(const testing::CustomerPlanOptions& options) {
    plan_ = std::make_unique<LoadPlan>(testing::CustomerPlan(options));
    matcher_ = std::make_unique<Matcher>(*sink_, *plan_);
    Use(plan_->dataset);
  }
  MatchResult Match(FieldViews fields, bool own_only = false) {
    fields.resize(testing::kCustomerFields.size());
    auto match = matcher_->Match(fields, own_only);
    EXPECT_TRUE(match.ok()) << match.status();
    return match.ok() ? *std::move(match) : MatchResult{};
  }
  RowId Holder(RowId self, FieldViews before, FieldViews after, bool own_only = false) {
    after.resize(testing::kCustomerFields.size());
    if (!before.empty()) before.resize(after.size());
    auto holder = matcher_->FindKeyHolder(self, before, after, own_only);
    EXPECT_TRUE(holder.ok()) << holder.status();
    return holder.ok() ? holder->row : -1;
  }
  static constexpr RowId kOwn = RowId{1} << 32;

  std::unique_ptr<LoadPlan> plan_;
  std::unique_ptr<Matcher> matcher_;
};

using Kind = MatchResult::Kind;

TEST_F(MatcherTest, TheFirstRuleWithACandidateDecides) {
  Plan({});
  Insert(1, {"e1", "n1", "", "p1"});
  Insert(2, {"", "n1", "", "p1"});
  const MatchResult strong = Match({"e1", "n1", "", "p1"});
  EXPECT_EQ(strong.kind, Kind::kOne);
  EXPECT_EQ(strong.row.id, 1);
  EXPECT_EQ(strong.rule, 0u);
  const MatchResult weak = Match({"e2", "n1", "", "p1"});
  EXPECT_EQ(weak.kind, Kind::kOne) << "row 1 has another external_id and is no candidate";
  EXPECT_EQ(weak.row.id, 2);
  EXPECT_EQ(weak.rule, 2u);
}

TEST_F(MatcherTest, SeveralCandidatesAreNeverGuessedAmong) {
  Plan({});
  Insert(1, {"", "n1", "", "p1"});
  Insert(2, {"", "n1", "", "p1"});
  const MatchResult match = Match({"", "n1", "", "p1"});
  EXPECT_EQ(match.kind, Kind::kAmbiguous);
  EXPECT_EQ(match.candidates, (std::vector<RowId>{1, 2}));
}

TEST_F(MatcherTest, ARowThatDiffersInAStrongerFieldIsNoCandidate) {
  Plan({});
  Insert(1, {"e1", "n1", "", "p1"});
  EXPECT_EQ(Match({"e2", "n1", "", "p1"}).kind, Kind::kNone);
  EXPECT_EQ(Match({"", "n1", "", "p1"}).kind, Kind::kOne) << "a blank tells nothing apart";
}

TEST_F(MatcherTest, WithoutACompleteRuleOnlyARowThatIsEqualInAllMappedFieldsMatches) {
  Plan({.identity = {{"external_id"}, {"email"}}});
  Insert(2, {"", "n1", "c1", "", "", "x"});
  Insert(3, {"", "n1", "c1", "", "", "x"});
  Insert(4, {"", "n1", "c1", "", "", ""});
  const MatchResult equal = Match({"", "n1", "c1", "", "", "x"});
  EXPECT_EQ(equal.kind, Kind::kOne);
  EXPECT_EQ(equal.row.id, 2);
  EXPECT_EQ(Match({"", "n1", "c1", "", "", "y"}).kind, Kind::kNone);
  EXPECT_EQ(Match({"", "n1", "", "", "", "x"}).kind, Kind::kNone);
  EXPECT_EQ(Match({"e1", "n1", "c1", "", "", "x"}).kind, Kind::kNone) << "it has an identity";
}

TEST_F(MatcherTest, OwnOnlySeesOnlyRowsOfTheImport) {
  Plan({});
  // By what the journal says: this row has an id of the import's, but another one's history.
  Insert(kOwn + 8, {"e1", "n1"}, 9);
  EXPECT_EQ(Match({"e1", "n1"}, true).kind, Kind::kNone);
  Insert(kOwn, {"e1", "n1"});
  EXPECT_EQ(Match({"e1", "n1"}, true).row.id, kOwn);
  EXPECT_EQ(Match({"e1", "n1"}, false).kind, Kind::kAmbiguous);
}

TEST_F(MatcherTest, AKeyThatAnotherRowHoldsIsNoticed) {
  Plan({});
  Insert(1, {"e1", "n1"}, 9);
  Insert(2, {"e2", "n2", "", "p1"});
  EXPECT_EQ(Holder(2, {"e2", "n2"}, {"e1", "n2"}), 1);
  EXPECT_EQ(Holder(1, {"e1", "n1"}, {"e1", "n1"}), 0) << "it already had the key";
  EXPECT_EQ(Holder(1, {"e1", "n1"}, {"e1", "n2", "", "p1"}), 0) << "external_id tells them apart";
  EXPECT_EQ(Holder(1, {"", "n1"}, {"", "n2", "", "p1"}), 2);
  EXPECT_EQ(Holder(2, {"e2", "n2"}, {"e1", "n2"}, true), 0) << "row 1 is not of this import";
  EXPECT_EQ(Holder(0, {}, {"e1", "n1"}), 0) << "a new row is only asked for unique fields";
}

TEST_F(MatcherTest, AUniqueFieldIsAskedOfAllRowsWhateverTellsThemApart) {
  Plan({.unique = "phone"});
  Insert(1, {"e1", "n1", "", "p1"}, 9);
  EXPECT_EQ(Holder(0, {}, {"e2", "n2", "", "p1"}, true), 1);
  EXPECT_EQ(Holder(2, {"e2", "n2"}, {"e2", "n2", "", "p1"}), 1);
  EXPECT_EQ(Holder(0, {}, {"e2", "n2", "", ""}), 0);
}

}  // namespace
}  // namespace sluice::load

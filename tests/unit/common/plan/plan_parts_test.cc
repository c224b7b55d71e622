// Several sheets in one plan, and references between datasets.
#include "common/plan/plan_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/plan/compiled_plan.h"
#include "common/plan/plan_builder.h"
#include "common/plan/row_mapper.h"

namespace sluice::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<planpb::Plan> Build(const std::string& name, const std::string& sheet,
                                   const std::vector<std::string>& columns,
                                   const std::string& mapping = {}) {
  PlanRequest request;
  request.dataset = *FindDataset(name, "");
  request.references = *FindReferences(request.dataset, "");
  request.shape.columns = columns;
  request.shape.sheet = sheet;
  request.shape.format = formats::Format::kWorkbook;
  request.sink = "main";
  if (!mapping.empty()) request.mapping = *ParseMapping(mapping, "m.yaml");
  return BuildPlan(request);
}

planpb::Plan Contacts() {
  return *Build("contacts", "people", {"姓名", "公司"});
}
planpb::Plan Accounts() {
  return *Build("accounts", "companies", {"公司名称", "网址"});
}

std::vector<std::string> SheetsOf(const planpb::Plan& plan) {
  std::vector<std::string> sheets;
  for (const planpb::Plan* const part : PartsOf(plan)) sheets.push_back(part->source().sheet());
  return sheets;
}

TEST(PlanPartsTest, WhoIsReferredToComesFirstAndElseTheOrderStays) {
  const auto joined =
      JoinPlans({Contacts(), *Build("customers", "clients", {"客户名称"}), Accounts()});
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_THAT(SheetsOf(*joined), ElementsAre("clients", "companies", "people"));
  EXPECT_EQ(joined->sink(), "main");
  EXPECT_EQ(joined->parts(0).sink(), "");
}

TEST(PlanPartsTest, ASheetStandsOnce) {
  EXPECT_THAT(std::string(base::Message(JoinPlans({Accounts(), Accounts()}).status())),
              HasSubstr("stands twice"));
}

TEST(PlanPartsTest, PartsHaveWhatTheWholeSaysAndIdentitiesOfTheirOwn) {
  planpb::Plan joined = *JoinPlans({Accounts(), Contacts()});
  joined.set_import_id("01x");
  joined.set_sequence(7);
  const auto compiled = CompiledPlan::Compile(joined, base::HashKey{});
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  const auto contacts = PartOf(*compiled, 1);
  ASSERT_NE(contacts, nullptr);
  EXPECT_EQ(PartOf(*compiled, 2), nullptr);
  EXPECT_EQ(contacts->part(), 1u);
  EXPECT_EQ(contacts->plan().sequence(), 7u);
  EXPECT_EQ(contacts->plan().sink(), "main");
  // The same external id in both datasets is two records.
  MappedRow row;
  row.fields = {{0, "A1"}};
  const Identity account = RowMapper(*compiled).IdentityOf(row);
  const Identity contact = RowMapper(contacts).IdentityOf(row);
  ASSERT_TRUE(account.complete && contact.complete);
  EXPECT_NE(account.hash, contact.hash);
}

TEST(PlanPartsTest, TwoSheetsOfOneDatasetAreOne) {
  planpb::Plan more = Accounts();
  more.mutable_source()->set_sheet("more");
  const auto compiled = CompiledPlan::Compile(*JoinPlans({Accounts(), more}), base::HashKey{});
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_EQ(PartOf(*compiled, 1)->part(), 1u);
  EXPECT_EQ(PartOf(*compiled, 1)->dataset_part(), 0u);
}

TEST(ReferencePlanTest, TheUsualKeysAndCreatingOnceAreTheDefault) {
  const auto compiled = CompiledPlan::Compile(Contacts(), base::HashKey{});
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  ASSERT_EQ((*compiled)->references().size(), 1u);
  const ReferenceField& account = (*compiled)->references()[0];
  const planpb::Dataset& accounts = (*compiled)->plan().references(account.target);
  std::vector<std::string> match;
  for (const uint32_t field : account.match) {
    match.push_back(accounts.fields(static_cast<int>(field)).name());
  }
  EXPECT_THAT(match, ElementsAre("external_id", "domain", "name"));
  EXPECT_TRUE(account.create);
  EXPECT_TRUE(account.keep_unfit);
}

TEST(ReferencePlanTest, WhatAReferenceCannotBeIsSaid) {
  const auto error = [](const std::string& column) {
    return std::string(
        base::Message(Build("contacts", "people", {"姓名", "公司"},
                            "columns: [{from: 姓名, to: name}, {from: 公司, to: " + column + "}]")
                          .status()));
  };
  EXPECT_EQ(error("account, match: [name], create: never"), "");
  EXPECT_THAT(error("account, match: [nmae]"), HasSubstr("accounts has no field 'nmae'"));
  EXPECT_THAT(error("account, match: [domain], create: once"), HasSubstr("required fields"));
  EXPECT_EQ(error("account, match: [domain]"), "");
  EXPECT_THAT(error("title, create: once"), HasSubstr("'title' is none"));
}

TEST(ReferencePlanTest, ADomainFollowsFromTheWebsiteUnlessItHasAColumn) {
  const auto columns_of = [](const planpb::Plan& plan, const std::string& field) {
    std::vector<int> columns;
    for (const auto& column : plan.columns()) {
      if (column.to() != field) continue;
      for (const uint32_t from : column.from()) columns.push_back(static_cast<int>(from));
    }
    return columns;
  };
  EXPECT_THAT(columns_of(Accounts(), "domain"), ElementsAre(1));
  EXPECT_THAT(columns_of(*Build("accounts", "c", {"公司名称", "网址", "域名"}), "domain"),
              ElementsAre(2));
  EXPECT_THAT(columns_of(*Build("accounts", "c", {"公司名称"}), "domain"), ElementsAre());
}

}  // namespace
}  // namespace sluice::plan

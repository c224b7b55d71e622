// A plan gives back the mapping it was made by: made anew, it is the same plan.
#include "common/plan/plan_mapping.h"

#include <gtest/gtest.h>

#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"

namespace sluice::plan {
namespace {

PlanRequest RequestFor(const std::string& dataset, std::vector<std::string> columns) {
  PlanRequest request;
  request.dataset = FindDataset(dataset, "").value();
  request.references = FindReferences(request.dataset, "").value();
  request.shape.header_row = 1;
  request.shape.columns = std::move(columns);
  return request;
}

// A column without a region has the dataset's: the mapping that comes back says so.
void NameRegions(planpb::Plan& plan) {
  for (planpb::ColumnMapping& column : *plan.mutable_columns()) {
    if (column.region().empty()) column.set_region(plan.dataset().region());
  }
}

void ExpectSameAgain(const PlanRequest& request) {
  auto before = BuildPlan(request);
  ASSERT_TRUE(before.ok()) << before.status();
  PlanRequest again = request;
  again.on_duplicate.reset();
  again.in_file.reset();
  again.mapping = MappingOf(*before, "before");
  auto after = BuildPlan(again);
  ASSERT_TRUE(after.ok()) << after.status();
  NameRegions(*before);
  NameRegions(*after);
  EXPECT_EQ(PlanHash(*before), PlanHash(*after)) << before->ShortDebugString() << "\n"
                                                 << after->ShortDebugString();
}

PlanRequest WithMapping(PlanRequest request, const std::string& yaml) {
  auto mapping = ParseMapping(yaml, "m.yaml");
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  request.mapping = *std::move(mapping);
  return request;
}

TEST(PlanMappingTest, RecognisedColumnsStayWhatTheyWere) {
  ExpectSameAgain(RequestFor("customers", {"客户名称", "联系电话", "邮箱地址", "别的"}));
  // The domain follows from the web site.
  ExpectSameAgain(RequestFor("accounts", {"公司名称", "网站", "电话"}));
  ExpectSameAgain(RequestFor("contacts", {"姓名", "公司", "手机"}));
}

TEST(PlanMappingTest, TheOrderOfDatesStaysWhatTheRowsGave) {
  PlanRequest request = RequestFor("customers", {"客户名称", "签约日期"});
  planpb::Field& since = *request.dataset.add_fields();
  since.set_name("since");
  since.set_label_zh("签约日期");
  since.set_type(planpb::FIELD_TYPE_DATE);
  request.shape.sample_rows = {{"杭州云杉科技有限公司", "13/02/2024"},
                               {"苏州晨光贸易有限公司", "14/03/2024"}};
  const planpb::Plan before = BuildPlan(request).value();
  ASSERT_EQ(before.columns().rbegin()->dates(), planpb::DATE_ORDER_DMY);
  ExpectSameAgain(request);
  request.mapping = MappingOf(before, "before");
  request.shape.sample_rows.clear();
  EXPECT_EQ(BuildPlan(request).value().columns().rbegin()->dates(), planpb::DATE_ORDER_DMY);
}

TEST(PlanMappingTest, FlagsBecomeWhatTheMappingSays) {
  PlanRequest request = RequestFor("customers", {"客户名称", "备注"});
  request.on_duplicate = planpb::ON_DUPLICATE_FILL;
  request.in_file = planpb::IN_FILE_LAST;
  ExpectSameAgain(request);
}

TEST(PlanMappingTest, AllThatAMappingMaySay) {
  const PlanRequest request = RequestFor("customers", {"a", "b", "c", "d", "e", "f", "g"});
  ExpectSameAgain(WithMapping(request, R"(
dataset: customers
region: US
blank: clear
unmapped: ignore
identity: [[email], [name, phone]]
on_duplicate: fill
in_file: first
skip_when: {blank: [email]}
columns:
  - {from: [x, a, b], to: name}
  - {from: c, to: phone, region: CN, on_unfit: drop}
  - {from: d, to: email, write: fill, blank: keep}
  - {constant: web, to: custom.source}
  - {from: e, to: custom.level, values: {甲: A, 乙: B}, unknown: default, default: C}
  - {from: [f, g], join: " ", to: address, write: never}
  - {from: a, to: contact_name, part: given_name}
)"));
  ExpectSameAgain(WithMapping(request, "columns: [{from: a, to: name}]\n"));
  ExpectSameAgain(WithMapping(request, "columns: [{from: a, to: name}]\nregion: JP\n"));
  ExpectSameAgain(WithMapping(request, R"(
columns:
  - {from: a, to: name}
  - {expression: "c 'b' .. c 'c'", to: note}
)"));
}

TEST(PlanMappingTest, SheetsKeepTheirOwn) {
  std::vector<planpb::Plan> sheets;
  for (const char* const dataset : {"contacts", "accounts"}) {
    PlanRequest request = RequestFor(dataset, {"客户名称", "姓名", "电话"});
    request.shape.sheet = std::string("Sheet of ") + dataset;
    request.mapping =
        ParseMapping(dataset == std::string("accounts")
                         ? "columns: [{from: 客户名称, to: name}]\n"
                         : "columns: [{from: 姓名, to: name}, {from: 电话, to: phone}]\n",
                     "m.yaml")
            .value();
    sheets.push_back(BuildPlan(request).value());
  }
  const planpb::Plan joined = JoinPlans(std::move(sheets)).value();
  const MappingFile mapping = MappingOf(joined, "before");
  ASSERT_EQ(mapping.sheets.size(), 2u);
  EXPECT_TRUE(mapping.columns.empty());
  // Parents first, as they are read.
  EXPECT_EQ(mapping.sheets[0].sheet, "Sheet of accounts");
  EXPECT_EQ(mapping.sheets[0].dataset, "accounts");
  EXPECT_EQ(mapping.sheets[1].sheet, "Sheet of contacts");
  EXPECT_EQ(mapping.sheets[1].columns.size(), 2u);
}

TEST(PlanMappingTest, AFieldThatIsGoneIsNamed) {
  PlanRequest request = RequestFor("customers", {"a"});
  const planpb::Plan plan =
      BuildPlan(WithMapping(request, "columns: [{from: a, to: name}]\n")).value();
  request.mapping = MappingOf(plan, "the mapping of import 01x");
  request.dataset.mutable_fields(static_cast<int>(FieldIndex(request.dataset, "name").value()))
      ->set_name("title");
  const auto refused = BuildPlan(request);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(
      refused.status().message().find("the mapping of import 01x:name: customers has no field"),
      std::string::npos)
      << refused.status();
}

}  // namespace
}  // namespace sluice::plan

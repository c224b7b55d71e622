#include "common/plan/header_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/plan/suggestion.h"

namespace sluice::plan {
namespace {

using ::testing::ElementsAre;

planpb::Dataset Customers() {
  auto dataset = FindDataset("customers", "");
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return dataset.ok() ? *dataset : planpb::Dataset();
}

// Names of the fields the headers were given; "-" = none.
std::vector<std::string> Matched(const std::vector<std::string>& headers) {
  const planpb::Dataset dataset = Customers();
  std::vector<std::string> names;
  formats::SourceShape shape;
  shape.columns = headers;
  shape.header_row = 1;
  for (const SuggestedColumn& column : SuggestColumns(shape, dataset)) {
    names.push_back(
        column.to.has_value() ? dataset.fields(static_cast<int>(column.to->field)).name() : "-");
  }
  return names;
}

TEST(HeaderMatchTest, CaseSpacesPunctuationAndBracketsDoNotCount) {
  EXPECT_EQ(HeaderKey("E-mail"), "email");
  EXPECT_EQ(HeaderKey("  E Mail: "), "email");
  EXPECT_EQ(HeaderKey("联系电话（必填）"), "联系电话");
  EXPECT_EQ(HeaderKey("*联系电话[mobile (1)]"), "联系电话");
  EXPECT_EQ(HeaderKey("ＰＨＯＮＥ"), "phone");
  EXPECT_EQ(HeaderKey("(必填)"), "");
  EXPECT_EQ(HeaderKey("a)b"), "ab");
  EXPECT_EQ(HeaderKey(""), "");
}

TEST(HeaderMatchTest, LabelsNamesAndAliasesAreKnown) {
  EXPECT_THAT(
      Matched({"客户编号", "公司", "姓名", "手机号", "电子邮箱", "地址", "备注"}),
      ElementsAre("external_id", "name", "contact_name", "phone", "email", "address", "note"));
  EXPECT_THAT(Matched({"Customer ID", "Company Name", "contact_name", "Tel.", "E-Mail Address"}),
              ElementsAre("external_id", "name", "contact_name", "phone", "email"));
  EXPECT_THAT(Matched({"级别", "", "(必填)"}), ElementsAre("-", "-", "-"));
}

TEST(HeaderMatchTest, AFieldIsGivenOnceToTheHeaderThatFitsBest) {
  // Label before alias, left before right.
  EXPECT_THAT(Matched({"手机", "联系电话"}), ElementsAre("-", "phone"));
  EXPECT_THAT(Matched({"手机", "电话"}), ElementsAre("phone", "-"));
  EXPECT_THAT(Matched({"联系电话", "phone"}), ElementsAre("phone", "-"));
  EXPECT_THAT(Matched({"客户", "公司", "Customer name"}), ElementsAre("-", "-", "name"));
}

TEST(HeaderMatchTest, AMappingMeansTheExactHeaderElseTheOnlyLikeOne) {
  const std::vector<std::string> headers = {"Phone", "phone", "E-mail", "内部 编号", "(x)"};
  EXPECT_EQ(FindColumn(headers, "phone"), 1u);
  EXPECT_EQ(FindColumn(headers, "Phone"), 0u);
  EXPECT_EQ(FindColumn(headers, "PHONE"), std::nullopt);
  EXPECT_EQ(FindColumn(headers, "email"), 2u);
  EXPECT_EQ(FindColumn(headers, "内部编号"), 3u);
  // Nothing is left of it to be compared.
  EXPECT_EQ(FindColumn(headers, "(y)"), std::nullopt);
  EXPECT_EQ(FindColumn(headers, "(x)"), 4u);
  EXPECT_EQ(FindColumn(headers, "address"), std::nullopt);
}

}  // namespace
}  // namespace sluice::plan

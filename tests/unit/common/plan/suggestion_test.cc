#include "common/plan/suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Column {
  std::string header;
  std::vector<std::string> values;
};

std::vector<SuggestedColumn> Suggested(const std::vector<Column>& columns,
                                       const planpb::Dataset& dataset, uint64_t header_row = 1) {
  formats::SourceShape shape;
  shape.header_row = header_row;
  for (const Column& column : columns) shape.columns.push_back(column.header);
  for (size_t row = 0; !columns.empty() && row < columns[0].values.size(); ++row) {
    std::vector<std::string>& cells = shape.sample_rows.emplace_back();
    for (const Column& column : columns) {
      cells.push_back(row < column.values.size() ? column.values[row] : "");
    }
  }
  return SuggestColumns(shape, dataset);
}

planpb::Dataset Named(const std::string& name) {
  auto dataset = FindDataset(name, "");
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return dataset.ok() ? *dataset : planpb::Dataset();
}

// Fields of the columns of a file; "-" = none.
std::vector<std::string> Fields(const std::vector<Column>& columns,
                                const std::string& dataset_name = "customers",
                                uint64_t header_row = 1) {
  const planpb::Dataset dataset = Named(dataset_name);
  std::vector<std::string> fields;
  for (const SuggestedColumn& column : Suggested(columns, dataset, header_row)) {
    fields.push_back(
        column.to.has_value() ? dataset.fields(static_cast<int>(column.to->field)).name() : "-");
  }
  return fields;
}

std::vector<std::string> Times(const std::string& value, size_t count) {
  return std::vector<std::string>(count, value);
}

TEST(SuggestionTest, NearMissesGoNowhere) {
  for (const char* header :
       {"传真", "fax", "email of salesperson", "负责人", "销售员", "创建时间", "company size",
        "客户类型", "开票地址", "Contact Owner Email", "供应商名称", "phase", "mall"}) {
    EXPECT_THAT(Fields({{header, {}}}), ElementsAre("-")) << header;
  }
}

TEST(SuggestionTest, WhoseNameItIsDecides) {
  const std::vector<std::string> people = {"Ann Test", "Bob Test", "Cy Test", "Di Test", "Ed Test"};
  const std::vector<std::string> firms = {"A Inc.", "B Inc.", "C Inc.", "D Inc.", "E Inc."};
  EXPECT_THAT(Fields({{"Name", people}, {"Company", firms}}), ElementsAre("contact_name", "name"));
  // Nothing says that the name is a person's.
  EXPECT_THAT(Fields({{"Name", {}}, {"Company", {}}}), ElementsAre("-", "name"));
  EXPECT_THAT(Fields({{"Name", firms}}), ElementsAre("name"));
  // The customer is the person where there is no company.
  EXPECT_THAT(Fields({{"姓名", {}}, {"手机", {}}}), ElementsAre("name", "phone"));
  EXPECT_THAT(Fields({{"姓名", {}}, {"公司", {}}}), ElementsAre("contact_name", "name"));
  EXPECT_THAT(Fields({{"客户姓名", {}}, {"公司", {}}}), ElementsAre("contact_name", "name"));
}

TEST(SuggestionTest, TwoThatFitAlikeGoNowhereAndSaySo) {
  const auto columns = Suggested({{"收件人电话", {}}, {"联系人电话", {}}}, Named("customers"));
  for (const SuggestedColumn& column : columns) {
    EXPECT_FALSE(column.to.has_value());
    EXPECT_THAT(column.column.evidence.back().english, HasSubstr("another column"));
  }
  // The fuller one is no equal.
  EXPECT_THAT(Fields({{"收件人电话", Times("", 10)}, {"联系人电话", Times("13800000001", 10)}}),
              ElementsAre("-", "phone"));
  EXPECT_THAT(Fields({{"Work Phone 2", {}}, {"Work Phone", {}}}), ElementsAre("-", "phone"));
}

TEST(SuggestionTest, ValuesThatAreSomethingElseKeepAColumnAway) {
  EXPECT_THAT(Fields({{"电话", Times("a@example.com", 5)}}), ElementsAre("-"));
  EXPECT_THAT(Fields({{"邮箱", Times("13800000001", 5)}}), ElementsAre("-"));
  EXPECT_THAT(Fields({{"客户名称", Times("2024-01-05", 5)}}), ElementsAre("-"));
  // A field that would lose what is not of its type.
  EXPECT_THAT(Fields({{"公司规模", Times("50-100人", 5)}}, "accounts"), ElementsAre("-"));
  EXPECT_THAT(Fields({{"公司规模", Times("50", 5)}}, "accounts"), ElementsAre("employees"));
}

TEST(SuggestionTest, ValuesThatDoNotFitAreCounted) {
  const auto columns = Suggested(
      {{"邮箱", {"a@example.com", "b@example.com", "无", "", "not one", "c@example.com"}}},
      Named("customers"));
  ASSERT_TRUE(columns[0].to.has_value());
  EXPECT_EQ(columns[0].to->values, 4u);
  EXPECT_EQ(columns[0].to->unfit, 1u);
}

TEST(SuggestionTest, WithoutAHeaderTheValuesDecide) {
  std::vector<std::string> mobiles;
  std::vector<std::string> people;
  for (int i = 0; i < 8; ++i) {
    mobiles.push_back("1380000000" + std::to_string(i));
    people.push_back(i % 2 == 0 ? "王测试" : "李测");
  }
  EXPECT_THAT(Fields({{"column_1", mobiles},
                      {"column_2", Times("杭州示例科技有限公司", 8)},
                      {"column_3", people},
                      {"column_4", Times("甲", 8)}},
                     "customers", 0),
              ElementsAre("phone", "name", "contact_name", "-"));
}

TEST(SuggestionTest, AHeaderInAnotherLanguageOverTheOnlyMailAddresses) {
  const std::vector<std::string> mails = Times("a@example.com", 6);
  EXPECT_THAT(Fields({{"Correo electrónico", mails}}), ElementsAre("email"));
  EXPECT_THAT(Fields({{"Correo electrónico", mails}, {"Correo del vendedor", mails}}),
              ElementsAre("-", "-"));
}

TEST(SuggestionTest, ADatasetOfOnesOwnIsReadTheSameWay) {
  const auto dataset = ParseDataset(
      "name: suppliers\nlabel: {zh: 供应商, en: Suppliers}\nidentity: [[name]]\nfields:\n"
      "  - {name: name, type: text, label: {zh: 供应商名称, en: Supplier name}, required: true}\n"
      "  - {name: buyer, type: text, label: {zh: 采购员, en: Buyer}}\n"
      "  - {name: fax, type: phone, label: {zh: 传真, en: Fax}}\n",
      "own.yaml");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const auto columns =
      Suggested({{"供應商名稱", {}}, {"传真号码", {}}, {"联系电话", {}}}, *dataset);
  ASSERT_TRUE(columns[0].to.has_value());
  EXPECT_EQ(columns[0].to->field, 0u);
  ASSERT_TRUE(columns[1].to.has_value());
  EXPECT_EQ(columns[1].to->field, 2u);
  EXPECT_FALSE(columns[2].to.has_value());
}

}  // namespace
}  // namespace sluice::plan

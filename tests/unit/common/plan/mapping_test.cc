// From a mapping file to the fields of a row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/plan/mapping_file.h"
#include "common/plan/plan_builder.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"

namespace sluice::plan {
namespace {

const std::vector<std::string> kHeaders = {"公司", "手机", "等级", "内部"};

absl::StatusOr<planpb::Plan> Build(const std::string& yaml) {
  auto mapping = ParseMapping(yaml, "m.yaml");
  if (!mapping.ok()) return mapping.status();
  PlanRequest request;
  auto dataset = FindDataset("customers", "");
  if (!dataset.ok()) return dataset.status();
  request.dataset = *dataset;
  request.shape.columns = kHeaders;
  request.mapping = *mapping;
  return BuildPlan(request);
}

// "name=value" of every field and custom field, or "refused <code> <field>", "skipped".
class Mapped {
 public:
  explicit Mapped(const std::string& yaml) {
    auto plan = Build(yaml);
    EXPECT_TRUE(plan.ok()) << plan.status();
    if (!plan.ok()) return;
    auto compiled = CompiledPlan::Compile(*plan, base::HashKey{});
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    if (compiled.ok()) compiled_ = *compiled;
  }

  std::vector<std::string> Row(const std::vector<std::string>& texts) {
    if (compiled_ == nullptr) return {};
    RowCleaner cleaner(compiled_);
    RowMapper mapper(compiled_);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<record::CleanCell> cells;
    std::vector<Issue> issues;
    MappedRow row;
    cleaner.Clean(views, cells, issues);
    mapper.Map(cells, row, issues);
    for (const Issue& issue : issues) codes_.emplace_back(issue.code);
    if (!row.refusal.empty()) return {fmt::format("refused {} {}", row.refusal, row.refusal_field)};
    if (row.skip) return {"skipped"};
    std::vector<std::string> out;
    for (const record::FieldValue& field : row.fields) {
      const auto& fields = compiled_->plan().dataset().fields();
      out.push_back(
          fmt::format("{}={}", fields.at(static_cast<int>(field.field)).name(), field.value));
    }
    for (const record::CustomValue& custom : row.custom) {
      out.push_back(fmt::format("custom.{}={}", custom.name, custom.value));
    }
    return out;
  }
  const std::vector<std::string>& codes() const { return codes_; }

 private:
  std::shared_ptr<const CompiledPlan> compiled_;
  std::vector<std::string> codes_;
};

using Lines = std::vector<std::string>;

TEST(MappingTest, ErrorsNameFileLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"columns:\n  - {from: 公司, to: name}\n  - {from: 电话, to: phone}\n", "m.yaml:3:5: "},
      {"columns:\n  - {from: 公司, to: nme}\n",
       "m.yaml:2:5: customers has no field 'nme' (did you "
       "mean 'name'?)"},
      {"columns:\n  - {from: 公司, too: name}\n", "m.yaml:2:"},
      {"columns:\n  - {to: name}\n", "m.yaml:2:5: a column needs one of"},
      {"columns: []\non_duplicate: replace\n", "m.yaml:2:15: on_duplicate is"},
      {"in_file: both\n", "m.yaml:1:10: in_file is"},
      {"repairs: {trimed: off}\n", "m.yaml:1:11: there is no repair"},
      {"identity:\n  - []\n", "m.yaml:2:5: an identity rule"},
      {"columns:\n  - {from: 公司, to: name, values: {a: b, a: c}}\n", "m.yaml:2:"},
      {"columns:\n  - {from: 公司, to: name, unknown: default}\n", "m.yaml:2:5: unknown: default"},
      {"columns:\n - [\n", "m.yaml:"},
      {"unmapped: drop\n", "m.yaml:1:11: unmapped is"},
      {"columns:\n  - {from: \xbf\xcd\xbb\xa7, to: name}\n", "m.yaml:2: not UTF-8"},
      {"columns:\n  - {from: \"a\\Nb\", to: name}\n", "m.yaml:2:12: the escapes"}};
  for (const auto& [yaml, wanted] : kCases) {
    const absl::Status status = Build(yaml).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << yaml;
    EXPECT_TRUE(base::Message(status).starts_with(wanted)) << yaml << status;
  }
}

TEST(MappingTest, ValueMapsTranslateAndUnknownValuesMeetThePolicy) {
  const auto yaml = [](const std::string& policy) {
    return "columns:\n  - {from: 公司, to: name}\n  - {from: 等级, to: custom.level, values: {甲: "
           "A, 乙: B}, " +
           policy + "}\n";
  };
  EXPECT_EQ(Mapped(yaml("unknown: keep")).Row({"x", "", "甲", ""}),
            (Lines{"name=x", "custom.level=A"}));
  EXPECT_EQ(Mapped(yaml("unknown: keep")).Row({"x", "", "丙", ""}),
            (Lines{"name=x", "custom.level=丙"}));
  EXPECT_EQ(Mapped(yaml("unknown: reject")).Row({"x", "", "丙", ""}),
            Lines{"refused unknown_option level"});
  Mapped dropped(yaml("unknown: drop"));
  EXPECT_EQ(dropped.Row({"x", "", "丙", ""}), Lines{"name=x"});
  EXPECT_EQ(dropped.codes(), Lines{"unknown_option"});
  EXPECT_EQ(Mapped(yaml("unknown: default, default: C")).Row({"x", "", "丙", ""}),
            (Lines{"name=x", "custom.level=C"}));
  EXPECT_EQ(Mapped(yaml("unknown: default, default: C")).Row({"x", "", "", ""}),
            (Lines{"name=x", "custom.level=C"}));
}

TEST(MappingTest, AKeptValueFitsTheColumnsOwnRules) {
  const std::string name = "columns:\n  - {from: 公司, to: name}\n";
  const std::string phone = "  - {from: 手机, to: phone, values: {总机: '+16502530000'}, ";
  Mapped american(name + phone + "region: US}\n");
  EXPECT_EQ(american.Row({"x", "(650) 253-0000", "", ""}), (Lines{"name=x", "phone=+16502530000"}));
  EXPECT_EQ(american.Row({"x", "总机", "", ""}), (Lines{"name=x", "phone=+16502530000"}));
  EXPECT_EQ(Mapped("region: US\n" + name + phone + "}\n").Row({"x", "650-253-0000", "", ""}),
            (Lines{"name=x", "phone=+16502530000"}));
  EXPECT_EQ(american.Row({"x", "12", "", ""}), (Lines{"name=x", "custom._unfit.phone=12"}));
  Mapped dropped(name + phone + "on_unfit: drop}\n");
  EXPECT_EQ(dropped.Row({"x", "12", "", ""}), Lines{"name=x"});
  EXPECT_EQ(dropped.codes(), Lines{"invalid_phone"});
}

TEST(MappingTest, RepairsThatAreOffStayOffBehindAValueMap) {
  Mapped mapped(
      "columns:\n  - {from: 公司, to: name, values: {a: b}}\nrepairs: {width_folded: off}\n");
  EXPECT_EQ(mapped.Row({"Ｘ", "", "", ""}), Lines{"name=Ｘ"});
}

TEST(MappingTest, FurtherCellsTakeNoNameThatTheFileOrTheMappingHas) {
  Mapped mapped(
      "columns:\n  - {from: 公司, to: name}\n  - {from: 手机, to: custom.column_5}\n"
      "  - {from: 等级, to: custom.column_6_2}\n  - {from: 内部, to: custom.column_6}\n");
  EXPECT_EQ(mapped.Row({"x", "a", "b", "c", "d", "e", "f"}),
            (Lines{"name=x", "custom.column_5=a", "custom.column_5_2=d", "custom.column_6=c",
                   "custom.column_6_2=b", "custom.column_6_3=e", "custom.column_7=f"}));
}

TEST(MappingTest, ConstantsAlternativesAndCustomColumns) {
  Mapped mapped(
      "columns:\n  - {from: [没有, 公司], to: name}\n  - {constant: web, to: custom.source}\n"
      "  - {from: 手机, to: phone}\n");
  EXPECT_EQ(mapped.Row({"x", "13800138000", "甲", "i"}),
            (Lines{"name=x", "phone=+8613800138000", "custom.source=web", "custom.内部=i",
                   "custom.等级=甲"}));
  EXPECT_EQ(mapped.Row({"x", "12", "", ""}),
            (Lines{"name=x", "custom._unfit.phone=12", "custom.source=web"}));
}

TEST(MappingTest, UnmappedColumnsCanBeIgnored) {
  EXPECT_EQ(Mapped("columns:\n  - {from: 公司, to: name}\nunmapped: ignore\n")
                .Row({"x", "1", "2", "3", "4"}),
            Lines{"name=x"});
}

TEST(MappingTest, RowsAreSkippedOrRefusedForWhatIsBlank) {
  Mapped mapped(
      "columns:\n  - {from: 公司, to: name}\n  - {from: 手机, to: phone}\nskip_when: {blank: "
      "[phone]}\n");
  EXPECT_EQ(mapped.Row({"x", "", "", ""}), Lines{"skipped"});
  EXPECT_EQ(mapped.Row({"", "13800138000", "", ""}), Lines{"refused required_missing name"});
}

TEST(MappingTest, ARowMayHaveManyMoreCellsThanTheFileHasColumns) {
  Mapped mapped("columns:\n  - {from: 公司, to: name}\n");
  std::vector<std::string> texts = {"x", "", "", ""};
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    texts.push_back("v" + std::to_string(i));
    expected.push_back(fmt::format("custom.column_{}=v{}", i + 5, i));
  }
  std::vector<std::string> row = mapped.Row(texts);
  ASSERT_FALSE(row.empty());
  EXPECT_EQ(row[0], "name=x");
  row.erase(row.begin());
  std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return a.substr(0, a.find('=')) < b.substr(0, b.find('='));
  });
  EXPECT_EQ(row, expected);
}

// It would never reach the stages over Kafka, and everything behind it would wait.
TEST(MappingTest, APlanTooLargeForAMessageIsRefused) {
  std::string values;
  for (int i = 0; i < 40'000; ++i) {
    values += fmt::format("{}a value of some length {}: {}", i == 0 ? "" : ", ", i, i);
  }
  const auto plan =
      Build("columns:\n  - {from: 等级, to: custom.level, values: {" + values + "}}\n");
  EXPECT_TRUE(absl::IsInvalidArgument(plan.status())) << plan.status();
  EXPECT_NE(plan.status().message().find("at most 900000"), absl::string_view::npos)
      << plan.status();
}

TEST(MappingTest, ColumnsAreJoined) {
  const std::string yaml =
      "unmapped: ignore\ncolumns:\n  - {from: [公司, 等级, 内部], to: name, join: '-'}\n"
      "  - {from: [内部, 手机], to: phone, join: ''}\n";
  EXPECT_EQ(Mapped(yaml).Row({" a ", "00138000", "", "138"}),
            (Lines{"name=a-138", "phone=+8613800138000"}));
  Mapped unfit(yaml);
  EXPECT_EQ(unfit.Row({"a", "x", "", ""}), (Lines{"name=a", "custom._unfit.phone=x"}));
  EXPECT_EQ(unfit.codes(), Lines{"invalid_phone"});
  EXPECT_EQ(Mapped(yaml).Row({"", "", "", ""}), Lines{"refused required_missing name"});
}

TEST(MappingTest, TextsAreSplit) {
  const std::string yaml =
      "unmapped: ignore\ncolumns:\n  - {from: 公司, to: name}\n"
      "  - {from: 内部, to: custom.family, part: family_name}\n"
      "  - {from: 内部, to: custom.given, part: given_name, default: nobody}\n"
      "  - {from: 等级, to: custom.second, split: {by: ';', take: 2}}\n"
      "  - {from: 等级, to: custom.last, split: {by: ';', take: -1}, values: {c: C}}\n"
      "  - {from: 等级, to: custom.fourth_last, split: {by: ';', take: -4}}\n";
  EXPECT_EQ(Mapped(yaml).Row({"x", "", "a; b ;c", "欧阳娜娜"}),
            (Lines{"name=x", "custom.family=欧阳", "custom.given=娜娜", "custom.last=C",
                   "custom.second=b"}));
  EXPECT_EQ(Mapped(yaml).Row({"x", "", "a", "王"}),
            (Lines{"name=x", "custom.family=王", "custom.given=nobody", "custom.last=a"}));
}

TEST(MappingTest, ExpressionsSeeTheRow) {
  const std::string yaml =
      "unmapped: ignore\ncolumns:\n"
      "  - {expression: 'cell[\"公司\"] .. \" (\" .. cell[\"等级\"] .. \")\"', to: name}\n"
      "  - {expression: 'replace(cell[2], \"o\", \"0\")', to: phone}\n"
      "  - {expression: 'number(cell[\"内部\"]) * 2', to: custom.double, default: '0'}\n";
  EXPECT_EQ(Mapped(yaml).Row({" a ", "138oo138ooo", "甲", "21"}),
            (Lines{"name=a (甲)", "phone=+8613800138000", "custom.double=42"}));
  Mapped failed(yaml);
  EXPECT_EQ(failed.Row({"a", "", "甲", "x"}), (Lines{"name=a (甲)", "custom.double=0"}));
  EXPECT_EQ(failed.codes(), Lines{"expression_failed"});
}

TEST(MappingTest, AnExpressionCountsForTheIdentity) {
  const auto plan =
      Build("columns: [{expression: 'cell[1] .. cell[4]', to: name}]\nidentity: [[name]]\n");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const auto compiled = CompiledPlan::Compile(*plan, base::HashKey{});
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_EQ((*compiled)->identity_columns(), std::vector<bool>(kHeaders.size(), true));
}

TEST(MappingTest, WhatCannotBeCombinedIsRefused) {
  for (const std::string column :
       {"{from: 公司, expression: 'cell[1]', to: name}", "{expression: 'x = 1', to: name}",
        "{from: 公司, to: name, join: '', part: family_name}", "{constant: x, to: name, join: ''}",
        "{from: 公司, to: name, part: middle}", "{from: 公司, to: name, split: {by: ';'}}",
        "{from: 公司, to: name, split: {by: ';', take: 0}}",
        "{from: 公司, to: name, split: {by: '', take: 1}}"}) {
    const absl::Status status = Build("columns:\n  - " + column + "\n").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << column;
    EXPECT_TRUE(base::Message(status).starts_with("m.yaml:")) << status;
  }
}

}  // namespace
}  // namespace sluice::plan

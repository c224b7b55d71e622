// What a row clears, and what cells that are blank for another reason do not.
#include <gtest/gtest.h>

#include "common/plan/mapping_file.h"
#include "common/plan/plan_builder.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"

namespace sluice::plan {
namespace {

constexpr uint32_t kErrorCell = 6;
constexpr uint32_t kAbsentCell = 40;

std::shared_ptr<const CompiledPlan> Compiled(const std::string& yaml) {
  auto mapping = ParseMapping(yaml, "m.yaml");
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  PlanRequest request;
  request.dataset = FindDataset("customers", "").value();
  request.shape.columns = {"name", "phone", "mobile", "level"};
  request.mapping = *std::move(mapping);
  auto plan = BuildPlan(request);
  EXPECT_TRUE(plan.ok()) << plan.status();
  auto compiled = CompiledPlan::Compile(*plan, base::HashKey{});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *compiled;
}

// The names of what a row clears.
std::vector<std::string> ClearedBy(const std::string& yaml, const std::vector<std::string>& texts,
                                   const std::vector<uint32_t>& types = {}) {
  const auto plan = Compiled(yaml);
  RowCleaner cleaner(plan);
  RowMapper mapper(plan);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<record::RawCell> raw;
  for (size_t i = 0; i < types.size(); ++i) raw.push_back({views[i], types[i], {}, {}});
  std::vector<record::CleanCell> cells;
  std::vector<Issue> issues;
  MappedRow row;
  cleaner.Clean(views, cells, issues);
  cleaner.Withhold(raw, cells);
  mapper.Map(cells, row, issues);
  std::vector<std::string> names;
  for (const uint32_t field : row.cleared.fields) {
    names.push_back(plan->plan().dataset().fields(static_cast<int>(field)).name());
  }
  for (const std::string_view name : row.cleared.custom)
    names.push_back("custom." + std::string(name));
  return names;
}

using Names = std::vector<std::string>;

std::string Columns(const std::string& phone, const std::string& level = "") {
  return "columns:\n  - {from: name, to: name}\n  - {from: phone, to: phone" + phone +
         "}\n  - {from: level, to: custom.level" + level + "}\nunmapped: ignore\n";
}

TEST(PolicyTest, BlankCellsClearWhereTheMappingSaysSo) {
  EXPECT_EQ(ClearedBy(Columns(""), {"x", "", "", ""}), Names{});
  EXPECT_EQ(ClearedBy(Columns(", blank: clear"), {"x", "", "", ""}), Names{"phone"});
  EXPECT_EQ(ClearedBy(Columns(", blank: clear"), {"x", " 无 ", "", ""}), Names{"phone"});
  EXPECT_EQ(ClearedBy(Columns(", blank: clear"), {"x", "13800138000", "", ""}), Names{});
  EXPECT_EQ(ClearedBy("blank: clear\n" + Columns("", ", blank: keep"), {"x", "", "", ""}),
            Names{"phone"});
  EXPECT_EQ(ClearedBy("blank: clear\n" + Columns(", write: never"), {"x", "", "", ""}),
            Names{"custom.level"});
  // Columns that nobody has mapped are custom fields like the others.
  EXPECT_EQ(ClearedBy("blank: clear\ncolumns:\n  - {from: name, to: name}\n", {"x", "", "1", ""}),
            (Names{"custom.level", "custom.phone"}));
}

TEST(PolicyTest, WhatIsBlankForAnotherReasonClearsNothing) {
  const std::string drop = Columns(", blank: clear, on_unfit: drop", ", blank: clear");
  EXPECT_EQ(ClearedBy(drop, {"x", "12", "", ""}), Names{"custom.level"});
  EXPECT_EQ(ClearedBy(Columns(", blank: clear"), {"x", "12", "", ""}), Names{});
  EXPECT_EQ(ClearedBy(drop, {"x", ""}), Names{"phone"});
  EXPECT_EQ(ClearedBy(drop, {"x", "", "", ""}, {0, kErrorCell, 0, kAbsentCell}), Names{});
  const std::string values = ", blank: clear, unknown: drop, values: {a: b}";
  EXPECT_EQ(ClearedBy(Columns("", values), {"x", "", "", "c"}), Names{});
  EXPECT_EQ(ClearedBy(Columns("", values), {"x", "", "", ""}), Names{"custom.level"});
  EXPECT_EQ(ClearedBy(Columns("", ", blank: clear, default: A"), {"x", "", "", ""}), Names{});
}

TEST(PolicyTest, SeveralColumnsClearWhenAllAreBlank) {
  const std::string either =
      "columns:\n  - {from: name, to: name}\n  - {from: [phone, mobile], to: phone, blank: clear, "
      "on_unfit: drop}\nunmapped: ignore\n";
  EXPECT_EQ(ClearedBy(either, {"x", "", "", ""}), Names{"phone"});
  EXPECT_EQ(ClearedBy(either, {"x", "", "12", ""}), Names{});
  const std::string joined =
      "columns:\n  - {from: name, to: name}\n  - {from: [phone, level], join: '-', to: note, "
      "blank: "
      "clear}\nunmapped: ignore\n";
  EXPECT_EQ(ClearedBy(joined, {"x", "", "", ""}), Names{"note"});
  EXPECT_EQ(ClearedBy(joined, {"x", "", "", "y"}), Names{});
  EXPECT_EQ(ClearedBy(joined, {"x", "", ""}), Names{});
  const std::string computed =
      "columns:\n  - {from: name, to: name}\n  - {expression: 'upper(cell[4])', to: note, blank: "
      "clear}\nunmapped: ignore\n";
  EXPECT_EQ(ClearedBy(computed, {"x", "", "", ""}), Names{"note"});
  EXPECT_EQ(ClearedBy(computed, {"x", "", "", "y"}), Names{});
  const std::string split =
      "columns:\n  - {from: name, to: name}\n  - {from: level, split: {by: ';', take: 2}, to: "
      "note, "
      "blank: clear}\nunmapped: ignore\n";
  EXPECT_EQ(ClearedBy(split, {"x", "", "", "only one"}), Names{});
  EXPECT_EQ(ClearedBy(split, {"x", "", "", ""}), Names{"note"});
}

TEST(PolicyTest, PoliciesArePartOfThePlan) {
  const auto hash = [](const std::string& yaml) { return PlanHash(Compiled(yaml)->plan()); };
  const std::string plain = hash(Columns(""));
  EXPECT_EQ(hash(Columns("")), plain);
  EXPECT_NE(hash(Columns(", write: fill")), plain);
  EXPECT_NE(hash(Columns(", blank: clear")), plain);
  EXPECT_NE(hash("blank: clear\n" + Columns("")), plain);
  planpb::Plan used = Compiled(Columns(""))->plan();
  used.mutable_profile()->set_name("p");
  EXPECT_EQ(PlanHash(used), plain);
}

}  // namespace
}  // namespace sluice::plan

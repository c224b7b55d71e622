#include "common/plan/date_order.h"

#include <gtest/gtest.h>

#include "common/plan/plan_builder.h"

namespace sluice::plan {
namespace {

using Rows = std::vector<std::vector<std::string>>;
constexpr uint32_t kFirst[] = {0};

TEST(DateOrderTest, ValuesThatExistInOneOrderDecide) {
  const DateEvidence day =
      JudgeDates(Rows{{"03/04/2025"}, {" 25/12/2024 "}, {"2025-01-02"}}, kFirst);
  EXPECT_EQ(day.order(), planpb::DATE_ORDER_DMY);
  EXPECT_EQ((std::vector{day.day_first, day.month_first, day.either}),
            (std::vector<uint32_t>{1, 0, 1}));
  EXPECT_FALSE(day.undecided());
  EXPECT_EQ(JudgeDates(Rows{{"12-25-2024 10:30"}, {"1-2-2025"}}, kFirst).order(),
            planpb::DATE_ORDER_MDY);
}

TEST(DateOrderTest, NothingDecidesWithoutEvidenceOrAgainstIt) {
  EXPECT_TRUE(JudgeDates(Rows{{"03/04/2025"}, {}}, kFirst).undecided());
  EXPECT_TRUE(JudgeDates(Rows{{"13/04/2025"}, {"04/13/2025"}, {"1/2/2025"}}, kFirst).undecided());
  // The same day in both orders tells nothing, and needs no order.
  EXPECT_FALSE(
      JudgeDates(Rows{{"04/04/2025"}, {"2025-03-04"}, {"31/31/2025"}}, kFirst).undecided());
  EXPECT_EQ(JudgeDates(Rows{{"x", "25/12/2024"}}, kFirst).order(), planpb::DATE_ORDER_UNSPECIFIED);
}

PlanRequest Visits(const Rows& rows) {
  PlanRequest request;
  request.dataset.set_name("visits");
  for (const auto type : {planpb::FIELD_TYPE_TEXT, planpb::FIELD_TYPE_DATE}) {
    planpb::Field& field = *request.dataset.add_fields();
    field.set_name(type == planpb::FIELD_TYPE_TEXT ? "name" : "date");
    field.set_type(type);
    field.set_required(type == planpb::FIELD_TYPE_TEXT);
  }
  request.shape.columns = {"name", "date"};
  request.shape.header_row = 1;
  request.shape.sample_rows = rows;
  return request;
}

TEST(DateOrderTest, ThePlanHoldsTheOrderOfTheColumn) {
  const auto told = BuildPlan(Visits({{"a", "25/12/2024"}, {"b", "3/4/2025"}}));
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->columns(1).dates(), planpb::DATE_ORDER_DMY);
  EXPECT_EQ(told->columns(1).on_unfit(), planpb::ON_UNFIT_UNSPECIFIED);
  const auto open = BuildPlan(Visits({{"a", "1/2/2024"}, {"b", "3/4/2025"}}));
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(open->columns(1).dates(), planpb::DATE_ORDER_UNSPECIFIED);
  EXPECT_EQ(open->columns(1).on_unfit(), planpb::ON_UNFIT_KEEP);
  PlanRequest said = Visits({{"a", "25/12/2024"}});
  said.mapping = ParseMapping(
                     "columns:\n  - {from: name, to: name}\n"
                     "  - {from: date, to: date, dates: mdy}\n",
                     "m.yaml")
                     .value();
  EXPECT_EQ(BuildPlan(said)->columns(1).dates(), planpb::DATE_ORDER_MDY);
}

}  // namespace
}  // namespace sluice::plan

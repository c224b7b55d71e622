// Which imports may be replayed, and what a replay takes from the old plan.
#include "control/import_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice::control {
namespace {

using ::testing::HasSubstr;

ImportRecord Ended(controlpb::ImportState state = controlpb::IMPORT_STATE_COMPLETED) {
  ImportRecord import;
  import.id = "01old";
  import.path = "/files/old.csv";
  import.state = state;
  planpb::Plan& plan = import.plan;
  plan.mutable_dataset()->set_name("accounts");
  plan.mutable_dataset()->set_region("CN");
  plan.set_in_file(planpb::IN_FILE_LAST);
  plan.set_on_duplicate(planpb::ON_DUPLICATE_FILL);
  planpb::Source& source = *plan.mutable_source();
  source.set_format("delimited");
  source.set_encoding("gb18030");
  source.set_delimiter(";");
  source.set_header_row(3);
  source.add_columns("公司");
  planpb::ColumnMapping& column = *plan.add_columns();
  column.add_from(0);
  column.set_to("name");
  return import;
}

TEST(ImportReplayTest, OnlyWhatHasEndedAndIsNoStream) {
  for (int i = 1; i < controlpb::ImportState_ARRAYSIZE; ++i) {
    const auto state = static_cast<controlpb::ImportState>(i);
    const absl::Status status = CheckReplayable(Ended(state));
    switch (state) {
      case controlpb::IMPORT_STATE_COMPLETED:
      case controlpb::IMPORT_STATE_FAILED:
      case controlpb::IMPORT_STATE_CANCELLED:
      case controlpb::IMPORT_STATE_ROLLED_BACK:
      case controlpb::IMPORT_STATE_PARTLY_ROLLED_BACK:
        EXPECT_TRUE(status.ok()) << status;
        break;
      default:
        EXPECT_TRUE(absl::IsFailedPrecondition(status)) << StateName(state);
        EXPECT_THAT(std::string(status.message()), HasSubstr("01old is " + StateName(state)));
    }
  }
  ImportRecord stream = Ended();
  stream.plan.set_in_file(planpb::IN_FILE_EACH);
  EXPECT_TRUE(absl::IsOutOfRange(CheckReplayable(stream)));
}

TEST(ImportReplayTest, WithoutAMappingTheOldOneCounts) {
  StartRequest request;
  Refusal refusal;
  ASSERT_TRUE(FillReplay(Ended(), request, refusal).ok());
  EXPECT_EQ(request.path, "/files/old.csv");
  EXPECT_EQ(request.dataset, "accounts");
  EXPECT_TRUE(request.keeps_mapping);
  ASSERT_TRUE(request.mapping.has_value());
  EXPECT_EQ(request.mapping->columns.at(0).from, std::vector<std::string>{"公司"});
  EXPECT_EQ(request.mapping->on_duplicate, planpb::ON_DUPLICATE_FILL);
  EXPECT_EQ(request.mapping->in_file, planpb::IN_FILE_LAST);
  EXPECT_EQ(request.replayed->id, "01old");
}

TEST(ImportReplayTest, AMappingOfItsOwnSaysAllAndTheDatasetMayStay) {
  StartRequest request;
  request.mapping.emplace();
  Refusal refusal;
  ASSERT_TRUE(FillReplay(Ended(), request, refusal).ok());
  EXPECT_EQ(request.dataset, "accounts");
  EXPECT_FALSE(request.keeps_mapping);
  EXPECT_FALSE(request.mapping->on_duplicate.has_value());
  request.mapping->dataset = "contacts";
  ASSERT_TRUE(FillReplay(Ended(), request, refusal).ok());
  EXPECT_EQ(request.dataset, "contacts");
  request.dataset = "accounts";
  request.dataset_given = true;
  EXPECT_TRUE(absl::IsInvalidArgument(FillReplay(Ended(), request, refusal)));
  EXPECT_EQ(refusal.kind, RefusalKind::kUsage);
  request.mapping.reset();
  request.profile = "monthly";
  ASSERT_TRUE(FillReplay(Ended(), request, refusal).ok());
  EXPECT_FALSE(request.mapping.has_value());
}

TEST(ImportReplayTest, WhatIsNotSaidOfReadingStays) {
  TableChoice choice;
  KeepReading(Ended().plan, choice);
  EXPECT_EQ(choice.reading.encoding, "gb18030");
  EXPECT_EQ(choice.reading.delimiter, ";");
  EXPECT_EQ(choice.reading.header_row, 3U);
  choice = {.reading = {"utf-8", "tab", 0}};
  KeepReading(Ended().plan, choice);
  EXPECT_EQ(choice.reading.encoding, "utf-8");
  EXPECT_EQ(choice.reading.delimiter, "tab");
  EXPECT_EQ(choice.reading.header_row, 0U);
}

TEST(ImportReplayTest, AHeadersRowIsOfItsSheet) {
  planpb::Plan plan = Ended().plan;
  plan.mutable_source()->set_format("workbook");
  plan.mutable_source()->set_sheet("一月");
  TableChoice choice;
  KeepReading(plan, choice);
  EXPECT_EQ(choice.sheet, "一月");
  EXPECT_EQ(choice.reading.header_row, 3U);
  // Nothing of a text.
  EXPECT_EQ(choice.reading.encoding, "");
  EXPECT_EQ(choice.reading.delimiter, "");
  choice = {.sheet = "二月"};
  KeepReading(plan, choice);
  EXPECT_FALSE(choice.reading.header_row.has_value());
  // Of several sheets, each its own; and none is the one that is meant.
  planpb::Plan& other = *plan.add_parts();
  other.mutable_source()->set_format("workbook");
  other.mutable_source()->set_sheet("二月");
  other.mutable_source()->set_header_row(5);
  choice = {.sheet = "二月"};
  KeepReading(plan, choice);
  EXPECT_EQ(choice.reading.header_row, 5U);
  choice = {};
  KeepReading(plan, choice);
  EXPECT_EQ(choice.sheet, "");
  EXPECT_FALSE(choice.reading.header_row.has_value());
}

TEST(ImportReplayTest, AnotherFileOfTheArchiveIsReadForItself) {
  planpb::Plan plan = Ended().plan;
  plan.mutable_source()->set_member("a.csv");
  TableChoice choice;
  KeepReading(plan, choice);
  EXPECT_EQ(choice.member, "a.csv");
  EXPECT_EQ(choice.reading.header_row, 3U);
  choice = {.member = "b.csv"};
  KeepReading(plan, choice);
  EXPECT_EQ(choice.member, "b.csv");
  EXPECT_TRUE(choice.reading.empty());
}

}  // namespace
}  // namespace sluice::control

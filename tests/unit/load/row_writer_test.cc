#include "load/row_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/load/load_sink_fixture.h"

namespace sluice::load {
namespace {

using recordpb::OUTCOME_ADDED;
using recordpb::OUTCOME_UNCHANGED;
using recordpb::OUTCOME_UPDATED;

// Row 1 was created by import 1 with name n1 and note x.
class RowWriterTest : public LoadSinkTest {
 protected:
  void SetUp() override {
    LoadSinkTest::SetUp();
    Use(testing::CustomerSinkDataset());
    Insert(1, {"", "n1", "", "", "", "x"});
  }
  static FieldWrite Field(uint32_t field, const std::string& value) {
    return {static_cast<int>(field), testing::kCustomerFields[field], value};
  }
  static FieldWrite Custom(const std::string& key, const std::string& token) {
    return {FieldWrite::kCustomField, "custom." + key, token};
  }
  recordpb::Outcome Write(uint64_t sequence, const std::vector<FieldWrite>& writes) {
    RowWriter writer(*sink_);
    SinkRow row = Row();
    CustomFields custom;
    EXPECT_TRUE(ParseCustom(row.custom, custom));
    auto outcome = writer.Write(dataset_, sequence, 9, writes, row, custom);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(Row().fields, row.fields);
    EXPECT_EQ(Row().custom, row.custom);
    return outcome.value_or(recordpb::OUTCOME_UNSPECIFIED);
  }
  SinkRow Row() { return **sink_->ReadRow(dataset_, 1); }
  JournalEntry Newest() { return **sink_->ReadEntry(dataset_, 1, UINT32_MAX); }
  // "field:before>written" of the newest entry.
  std::vector<std::string> Changes() {
    std::vector<std::string> changes;
    for (const JournalChange& change : Newest().changes) {
      changes.push_back(change.name + ":" + change.before.value_or("NULL") + ">" +
                        change.written.value_or("NULL"));
    }
    return changes;
  }
  using Texts = std::vector<std::string>;
};

TEST_F(RowWriterTest, TheCreatorExtendsTheEntryThatCreatedTheRow) {
  EXPECT_EQ(Write(1, {Field(testing::kPhone, "p1"), Field(testing::kNote, "y")}), OUTCOME_ADDED);
  EXPECT_EQ(Newest().number, 1u);
  EXPECT_EQ(Newest().kind, EntryKind::kCreated);
  EXPECT_EQ(Newest().source_row, 2u);
  EXPECT_EQ(Changes(), (Texts{"name:NULL>n1", "note:NULL>y", "phone:NULL>p1"}));
}

TEST_F(RowWriterTest, AnotherImportAppendsAndThenExtendsItsOwnEntry) {
  EXPECT_EQ(Write(2, {Field(testing::kNote, "y")}), OUTCOME_UPDATED);
  EXPECT_EQ(Write(2, {Field(testing::kNote, "z"), Field(testing::kPhone, "p1")}), OUTCOME_UPDATED);
  EXPECT_EQ(Newest().number, 2u);
  EXPECT_EQ(Newest().import_sequence, 2u);
  EXPECT_EQ(Changes(), (Texts{"note:x>z", "phone:NULL>p1"}));
}

TEST_F(RowWriterTest, AFieldThatReturnsToWhatItWasLeavesTheEntry) {
  Write(2, {Field(testing::kNote, "y"), Field(testing::kName, "n2")});
  EXPECT_EQ(Write(2, {Field(testing::kNote, "x")}), OUTCOME_UPDATED);
  EXPECT_EQ(Changes(), Texts{"name:n1>n2"});
  EXPECT_EQ(Write(2, {Field(testing::kName, "n1")}), OUTCOME_UNCHANGED);
  EXPECT_EQ(Newest().number, 1u) << "an entry without fields is removed";
}

TEST_F(RowWriterTest, AnEntryUnderAnotherImportsIsNotExtended) {
  Write(2, {Field(testing::kNote, "y")});
  Write(3, {Field(testing::kNote, "z")});
  EXPECT_EQ(Write(2, {Field(testing::kNote, "w")}), OUTCOME_UPDATED);
  EXPECT_EQ(Newest().number, 4u);
  EXPECT_EQ(Changes(), Texts{"note:z>w"});
  // Back to what stood before it: the newest entry goes, the older one of the import remains.
  EXPECT_EQ(Write(2, {Field(testing::kNote, "z")}), OUTCOME_UPDATED);
  EXPECT_EQ(Newest().number, 3u);
}

TEST_F(RowWriterTest, AnEntryWhoseFieldSomebodyChangedIsNotExtended) {
  Write(2, {Field(testing::kNote, "y")});
  SinkRow edited = Row();
  edited.fields[testing::kNote] = "hand";
  ASSERT_TRUE(sink_->Update(dataset_, {1, {{testing::kNote, "hand"}}, {}}, edited).ok());
  EXPECT_EQ(Write(2, {Field(testing::kPhone, "p1")}), OUTCOME_UPDATED);
  EXPECT_EQ(Changes(), (Texts{"note:x>y", "phone:NULL>p1"})) << "it does not touch that field";
  EXPECT_EQ(Write(2, {Field(testing::kNote, "z")}), OUTCOME_UPDATED);
  EXPECT_EQ(Newest().number, 3u);
  EXPECT_EQ(Changes(), Texts{"note:hand>z"});
}

TEST_F(RowWriterTest, CustomFieldsAreJournalledOneByOne) {
  EXPECT_EQ(Write(2, {Custom("level", "\"A\"")}), OUTCOME_UPDATED);
  EXPECT_EQ(Write(2, {Custom("_unfit.phone", "\"12\""), Custom("level", "\"B\"")}),
            OUTCOME_UPDATED);
  EXPECT_EQ(Row().custom, R"({"level":"B","_unfit":{"phone":"12"}})");
  EXPECT_EQ(Changes(), (Texts{"custom.level:NULL>\"B\"", "custom._unfit.phone:NULL>\"12\""}));
}

}  // namespace
}  // namespace sluice::load

// The contract of load::Sink: rows and their chain journal.
#pragma once

#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

TEST_P(SinkContract, FirstEntriesOfRowsWithAnImportsOwnIds) {
  const auto id_of = [](int ordinal) {
    return static_cast<load::RowId>((kSequence << 32) + static_cast<uint64_t>(ordinal) * 8);
  };
  // Two partitions take turns, as in a transaction of the runner.
  Begin();
  for (int ordinal = 0; ordinal < 600; ordinal += 2) Insert(id_of(ordinal), {"e", "n"});
  for (int ordinal = 1; ordinal < 600; ordinal += 2) Insert(id_of(ordinal), {"e", "n"});
  EXPECT_EQ((*sink().ReadEntry(dataset_, id_of(301), UINT32_MAX))->number, 1u);
  EXPECT_FALSE(sink().ReadEntry(dataset_, id_of(600), UINT32_MAX)->has_value());
  Commit();
  Begin();
  for (int ordinal = 600; ordinal < 700; ++ordinal) Insert(id_of(ordinal), {"e", "n"});
  sink().Abort();
  Begin();
  Insert(id_of(700), {"e", "n"});
  Commit();
  Reopen();
  Begin();
  for (int ordinal = 0; ordinal <= 701; ++ordinal) {
    const auto entry = *sink().ReadEntry(dataset_, id_of(ordinal), UINT32_MAX);
    ASSERT_EQ(entry.has_value(), ordinal < 600 || ordinal == 700) << ordinal;
    if (!entry.has_value()) continue;
    EXPECT_EQ(entry->number, 1u);
    EXPECT_EQ(entry->import_sequence, kSequence);
    EXPECT_EQ(entry->changes.size(), 2u);
  }
  EXPECT_FALSE(sink().ReadEntry(dataset_, id_of(5) + 1, UINT32_MAX)->has_value());
  EXPECT_FALSE(sink().ReadEntry(dataset_, id_of(5), 0)->has_value());
  // A new number 1 stands for the first one; a later entry knows that there is an earlier one.
  ASSERT_TRUE(sink()
                  .WriteEntry(dataset_, id_of(5),
                              {1, kSequence, load::EntryKind::kCreated, 9, {{"name", {}, "b"}}})
                  .ok());
  EXPECT_EQ((*sink().ReadEntry(dataset_, id_of(5), UINT32_MAX))->source_row, 9u);
  EXPECT_TRUE(*sink().HasEarlierEntry(dataset_, id_of(6), kSequence, 2));
  EXPECT_FALSE(*sink().HasEarlierEntry(dataset_, id_of(6), kSequence, 1));
  EXPECT_FALSE(*sink().HasEarlierEntry(dataset_, id_of(6), kSequence + 1, 2));
  Commit();
}

TEST_P(SinkContract, ARowComesBackAsItWasWrittenWithItsFirstEntry) {
  const std::vector<std::string_view> fields = {"e1", "n1", "", "", "甲@例.cn", "a\nb"};
  const std::vector<load::CustomToken> custom = {{"level", "\"A\""}, {"x", "[1, 2]"}};
  load::NewRow row{24, 7, fields, custom, R"({"level":"A","x":[1, 2]})"};
  Begin();
  ASSERT_EQ(*sink().Insert(dataset_, row, kSequence), 24);
  Commit();
  Reopen();
  const load::SinkRow read = Row(24);
  EXPECT_EQ(read.fields[0], "e1");
  EXPECT_EQ(read.fields[2], std::nullopt);
  EXPECT_EQ(read.fields[4], "甲@例.cn");
  EXPECT_EQ(read.fields[5], "a\nb");
  EXPECT_EQ(read.custom, R"({"level":"A","x":[1, 2]})");
  const auto entry = *sink().ReadEntry(dataset_, 24, UINT32_MAX);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->number, 1u);
  EXPECT_EQ(entry->import_sequence, kSequence);
  EXPECT_EQ(entry->kind, load::EntryKind::kCreated);
  EXPECT_EQ(entry->source_row, 7u);
  ASSERT_EQ(entry->changes.size(), 6u);
  for (const load::JournalChange& change : entry->changes) {
    EXPECT_EQ(change.before, std::nullopt);
    EXPECT_TRUE(change.written.has_value());
  }
  EXPECT_EQ(entry->changes[5].name, "custom.x");
  EXPECT_EQ(entry->changes[5].written, "[1, 2]");
}

TEST_P(SinkContract, AnUpdateChangesTheFieldsItNamesAndNoOther) {
  Begin();
  Insert(8, {"e1", "n1", "c1"});
  load::SinkRow after = Row(8);
  after.fields[1] = "n2";
  after.fields[2].reset();
  load::ChangedRow change{8, {{1, "n2"}, {2, std::nullopt}}, R"({"k":1})"};
  ASSERT_TRUE(sink().Update(dataset_, change, after).ok());
  Commit();
  EXPECT_EQ(Row(8).fields, after.fields);
  EXPECT_EQ(Row(8).custom, R"({"k":1})");
  Begin();
  ASSERT_TRUE(sink().Update(dataset_, {8, {}, ""}, after).ok());
  Commit();
  EXPECT_EQ(Row(8).fields, after.fields);
  EXPECT_EQ(Row(8).custom, "");
}

TEST_P(SinkContract, AnIntegerOfAnyLengthIsKeptDigitByDigit) {
  const std::vector<std::string> numbers = {"7", "-42", "123456789012345678", "9223372036854775807",
                                            "-123456789012345678901234567"};
  dataset_.dataset.mutable_fields(testing::kNote)->set_type(load::planpb::FIELD_TYPE_INTEGER);
  dataset_.rules.push_back({{testing::kNote}});
  fixture_ = GetParam()();
  Prepare();
  Begin();
  load::RowId id = 0;
  for (const std::string& number : numbers) Insert(++id, {"", "n", "", "", "", number});
  Insert(++id, {"", "n", "", "", "", "1"});
  Update(id, testing::kNote, numbers.back());
  Commit();
  Reopen();
  for (size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(Row(static_cast<load::RowId>(i) + 1).fields[testing::kNote], numbers[i]);
  }
  EXPECT_EQ(Holders(4, {numbers.back()}), (Ids{5, 6}));
}

TEST_P(SinkContract, EntriesOfARowFormAChain) {
  const auto entry = [](uint32_t number, uint64_t sequence, const std::string& written) {
    return load::JournalEntry{
        number, sequence, load::EntryKind::kChanged, 9, {{"name", "old", written}}};
  };
  Begin();
  Insert(8, {"e1", "n1"});
  ASSERT_TRUE(sink().WriteEntry(dataset_, 8, entry(2, 4, "two")).ok());
  ASSERT_TRUE(sink().WriteEntry(dataset_, 8, entry(3, 5, "three")).ok());
  // Writing an entry again replaces it.
  ASSERT_TRUE(sink().WriteEntry(dataset_, 8, entry(2, 4, "second")).ok());
  Commit();
  Reopen();
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, UINT32_MAX))->number, 3u);
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, 2))->changes[0].written, "second");
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, 2))->changes[0].before, "old");
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, 1))->kind, load::EntryKind::kCreated);
  EXPECT_FALSE(sink().ReadEntry(dataset_, 16, UINT32_MAX)->has_value());
  EXPECT_TRUE(*sink().HasEarlierEntry(dataset_, 8, 4, 3));
  EXPECT_FALSE(*sink().HasEarlierEntry(dataset_, 8, 4, 2));
  EXPECT_FALSE(*sink().HasEarlierEntry(dataset_, 8, 5, 3));
  Begin();
  ASSERT_TRUE(sink().RemoveEntry(dataset_, 8, 3).ok());
  Commit();
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, UINT32_MAX))->number, 2u);
}

}  // namespace sluice::contract

// What every sink must do, whoever keeps it. A sink joins by instantiating the suite with a fixture
// that opens it in a place of its own, opens it again as after a restart, and lets another program
// change its tables.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "load/sink.h"
#include "tests/testing/customer_plan.h"

namespace sluice::contract {

// Owns one sink.
class SinkFixture {
 public:
  virtual ~SinkFixture() = default;
  virtual load::Sink& sink() = 0;
  // Closes the sink and opens it again. Datasets must be prepared anew.
  virtual void Reopen() = 0;
  // Closes the sink, so that another program can do as it likes, until Reopen.
  virtual void Close() = 0;
  // Runs SQL as another program would, on a connection of its own.
  virtual void Execute(const std::string& sql) = 0;
  // A trigger of another program, which writes `note` of every row that is put in.
  virtual std::string ForeignTrigger() = 0;
};

using SinkFixtureFactory = std::unique_ptr<SinkFixture> (*)();

class SinkContract : public ::testing::TestWithParam<SinkFixtureFactory> {
 protected:
  static constexpr uint64_t kSequence = 3;

  void SetUp() override {
    fixture_ = GetParam()();
    Prepare();
  }
  load::Sink& sink() { return fixture_->sink(); }
  void Prepare() {
    const absl::Status status = sink().Prepare(dataset_);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Reopen() {
    fixture_->Reopen();
    Prepare();
  }
  void Begin() {
    const absl::Status status = sink().Begin();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Commit() {
    const absl::Status status = sink().Commit();
    ASSERT_TRUE(status.ok()) << status;
  }
  using Fields = std::vector<std::string>;
  load::RowId Insert(load::RowId id, const Fields& values) {
    load::NewRow row;
    row.id = id;
    row.source_row = 2;
    std::vector<std::string_view> fields(values.begin(), values.end());
    fields.resize(dataset_.dataset.fields_size());
    row.fields = fields;
    auto inserted = sink().Insert(dataset_, row, kSequence);
    EXPECT_TRUE(inserted.ok()) << inserted.status();
    return inserted.value_or(0);
  }
  load::SinkRow Row(load::RowId id) {
    auto row = sink().ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    EXPECT_TRUE(row.ok() && row->has_value()) << "no row " << id;
    return row.ok() && row->has_value() ? **row : load::SinkRow{};
  }
  bool HasRow(load::RowId id) {
    auto row = sink().ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value();
  }
  void Update(load::RowId id, uint32_t field, const std::string& value) {
    load::SinkRow after = Row(id);
    after.fields[field] = value;
    const absl::Status status = sink().Update(dataset_, {id, {{field, value}}, {}}, after);
    ASSERT_TRUE(status.ok()) << status;
  }
  // The rows that do hold the key, of those the sink names: what it must never lack.
  std::vector<load::RowId> Holders(uint32_t rule, const Fields& key) {
    const std::vector<std::string_view> values(key.begin(), key.end());
    std::vector<load::RowId> candidates;
    const absl::Status status = sink().FindCandidates(dataset_, {rule, values}, candidates);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(std::is_sorted(candidates.begin(), candidates.end()));
    std::erase_if(candidates, [&](load::RowId id) {
      auto row = sink().ReadRow(dataset_, id);
      if (!row.ok() || !row->has_value()) return true;
      for (size_t i = 0; i < key.size(); ++i) {
        if ((*row)->fields[dataset_.rules[rule].fields[i]] != key[i]) return true;
      }
      return false;
    });
    return candidates;
  }
  using Ids = std::vector<load::RowId>;

  load::SinkDataset dataset_ = testing::CustomerSinkDataset();
  std::unique_ptr<SinkFixture> fixture_;
};

TEST_P(SinkContract, AFenceMovesOnlyFromWhereItStands) {
  const load::Fence start{"topic", 1, "log-a", 0};
  Begin();
  ASSERT_TRUE(sink().MoveFence(start, 10).ok());
  Commit();
  const auto expect_refused = [&](const load::Fence& from) {
    Begin();
    EXPECT_EQ(sink().MoveFence(from, 20).code(), absl::StatusCode::kFailedPrecondition);
    sink().Abort();
  };
  expect_refused({"topic", 1, "log-a", 0});
  expect_refused({"topic", 1, "log-a", 11});
  expect_refused({"topic", 1, "log-b", 10});
  Reopen();
  expect_refused({"topic", 1, "log-b", 10});
  Begin();
  EXPECT_TRUE(sink().MoveFence({"topic", 1, "log-a", 10}, 20).ok());
  // A partition that was never seen stands anywhere.
  EXPECT_TRUE(sink().MoveFence({"topic", 2, "log-a", 500}, 501).ok());
  EXPECT_TRUE(sink().MoveFence({"other", 1, "log-c", 7}, 8).ok());
  Commit();
  auto fences = sink().ReadFences("topic");
  ASSERT_TRUE(fences.ok());
  ASSERT_EQ(fences->size(), 2u);
  EXPECT_EQ((*fences)[0].next_offset, 20u);
  EXPECT_EQ((*fences)[0].log_id, "log-a");
  EXPECT_EQ((*fences)[1].next_offset, 501u);
}

TEST_P(SinkContract, AnAbortedTransactionLeavesNothing) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  Begin();
  ASSERT_TRUE(sink().MoveFence({"topic", 0, "log", 0}, 10).ok());
  Insert(16, {"e2", "n2"});
  Update(8, testing::kExternalId, "e9");
  ASSERT_TRUE(sink().WriteMet({kSequence, 0}, 16, {2, 0, 1, {{"custom.new", "\"x\""}}}).ok());
  ASSERT_TRUE(sink().WriteTotals("01x", 0, 0, "totals").ok());
  ASSERT_TRUE(sink().AddPending({"topic", 0, 10, "result"}).ok());
  ASSERT_TRUE(
      sink()
          .WriteEntry(dataset_, 8, {2, 9, load::EntryKind::kChanged, 5, {{"name", "a", "b"}}})
          .ok());
  sink().Abort();
  EXPECT_TRUE(sink().ReadFences("topic")->empty());
  EXPECT_FALSE(HasRow(16));
  EXPECT_EQ(Row(8).fields[0], "e1");
  EXPECT_FALSE(sink().ReadMet({kSequence, 0}, 16)->has_value());
  EXPECT_EQ(*sink().ReadTotals("01x", 0, 0), "");
  EXPECT_TRUE(sink().ReadPending()->empty());
  EXPECT_EQ((*sink().ReadEntry(dataset_, 8, UINT32_MAX))->number, 1u);
  Begin();
  EXPECT_EQ(Holders(0, {"e1"}), Ids{8});
  EXPECT_EQ(Holders(0, {"e2"}), Ids{});
  // What the aborted transaction had named is named anew.
  ASSERT_TRUE(sink().WriteMet({kSequence, 0}, 8, {2, 0, 1, {{"custom.new", "\"y\""}}}).ok());
  Commit();
  Reopen();
  EXPECT_EQ((*sink().ReadMet({kSequence, 0}, 8))->given.at("custom.new"), "\"y\"");
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

TEST_P(SinkContract, WhatAnImportMetIsKeptUntilItIsDropped) {
  const load::Met met{12, 10, 2, {{"custom.level", "\"A\""}, {"name", "n1"}}};
  Begin();
  ASSERT_TRUE(sink().WriteMet({3, 0}, 8, {1, 1, 1, {}}).ok());
  ASSERT_TRUE(sink().WriteMet({3, 0}, 8, met).ok());
  ASSERT_TRUE(sink().WriteMet({3, 1}, 8, met).ok());
  ASSERT_TRUE(sink().WriteMet({4, 0}, 8, met).ok());
  Commit();
  Reopen();
  const auto read = *sink().ReadMet({3, 0}, 8);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->row, 12u);
  EXPECT_EQ(read->ordinal, 10u);
  EXPECT_EQ(read->outcome, 2u);
  EXPECT_EQ(read->given, met.given);
  EXPECT_FALSE(sink().ReadMet({3, 0}, 9)->has_value());
  Begin();
  ASSERT_TRUE(sink().DropMet({3, 0}).ok());
  Commit();
  EXPECT_FALSE(sink().ReadMet({3, 0}, 8)->has_value());
  EXPECT_TRUE(sink().ReadMet({3, 1}, 8)->has_value());
  EXPECT_TRUE(sink().ReadMet({4, 0}, 8)->has_value());
}

TEST_P(SinkContract, TotalsAreKeptByImportRoundAndPartition) {
  Begin();
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 0, "one").ok());
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 1, std::string("t\0wo", 4)).ok());
  ASSERT_TRUE(sink().WriteTotals("01a", 0, 0, "three").ok());
  Commit();
  Reopen();
  EXPECT_EQ(*sink().ReadTotals("01a", 0, 0), "three");
  EXPECT_EQ(*sink().ReadTotals("01a", 0, 1), std::string("t\0wo", 4));
  EXPECT_EQ(*sink().ReadTotals("01a", 1, 0), "");
  EXPECT_EQ(*sink().ReadTotals("01b", 0, 0), "");
}

TEST_P(SinkContract, PendingResultsAreKeptInOrderUntilTheyAreDropped) {
  Begin();
  ASSERT_TRUE(sink().AddPending({"t", 0, 10, "a"}).ok());
  ASSERT_TRUE(sink().AddPending({"t", 1, 5, "b"}).ok());
  ASSERT_TRUE(sink().AddPending({"t", 0, 20, "c"}).ok());
  ASSERT_TRUE(sink().AddPending({"u", 0, 3, "d"}).ok());
  Commit();
  const auto pending = [&] {
    std::string bytes;
    auto results = sink().ReadPending();
    EXPECT_TRUE(results.ok());
    for (const load::PendingResult& result : *results) bytes += result.bytes;
    return bytes;
  };
  Reopen();
  EXPECT_EQ(pending(), "abcd");
  Begin();
  ASSERT_TRUE(sink().DropPending("t", 0, 10).ok());
  sink().Abort();
  EXPECT_EQ(pending(), "abcd");
  Begin();
  ASSERT_TRUE(sink().DropPending("t", 0, 19).ok());
  Commit();
  EXPECT_EQ(pending(), "bcd");
}

TEST_P(SinkContract, KeysAreFoundAfterInsertUpdateAbortAndReopening) {
  Begin();
  Insert(8, {"e1", "n1", "c1", "p1", "m1"});
  Insert(16, {"", "n1", "", "p1", "m1"});
  EXPECT_EQ(Holders(0, {"e1"}), Ids{8});
  EXPECT_EQ(Holders(1, {"m1", "n1"}), (Ids{8, 16}));
  EXPECT_EQ(Holders(2, {"p1", "n1"}), (Ids{8, 16}));
  EXPECT_EQ(Holders(3, {"n1", "c1"}), Ids{8});
  Commit();
  Begin();
  Update(16, testing::kPhone, "p2");
  EXPECT_EQ(Holders(2, {"p2", "n1"}), Ids{16});
  sink().Abort();
  Begin();
  EXPECT_EQ(Holders(2, {"p2", "n1"}), Ids{});
  EXPECT_EQ(Holders(2, {"p1", "n1"}), (Ids{8, 16}));
  Update(16, testing::kName, "n2");
  Update(16, testing::kExternalId, "e1");
  Commit();
  Reopen();
  EXPECT_EQ(Holders(0, {"e1"}), (Ids{8, 16}));
  EXPECT_EQ(Holders(2, {"p1", "n2"}), Ids{16});
  EXPECT_EQ(Holders(2, {"p1", "n1"}), Ids{8});
}

TEST_P(SinkContract, KeysStayFindableThroughManyBatchesAndAReopening) {
  // Four keys a row: enough for several sorted runs and a merge of them.
  constexpr int kRows = 280000;
  constexpr int kBatch = 20000;
  const auto name = [](int i) { return "n" + std::to_string(i / 2); };
  for (int i = 0; i < kRows; ++i) {
    if (i % kBatch == 0) Begin();
    const std::string number = std::to_string(i);
    Insert(i * 8 + 8, {"e" + number, name(i), "c", "p" + number, "m" + std::to_string(i % 1000)});
    if ((i + 1) % kBatch == 0) Commit();
  }
  const auto check = [&] {
    std::mt19937 random(7);
    for (int k = 0; k < 3000; ++k) {
      const int i = static_cast<int>(random() % kRows);
      const load::RowId id = i * 8 + 8;
      EXPECT_EQ(Holders(0, {"e" + std::to_string(i)}), Ids{id});
      const Ids both{(i / 2 * 2) * 8 + 8, (i / 2 * 2 + 1) * 8 + 8};
      EXPECT_EQ(Holders(3, {name(i), "c"}), both);
    }
    EXPECT_EQ(Holders(0, {"e-1"}), Ids{});
  };
  check();
  Begin();
  Insert(kRows * 8 + 8, {"once", "n"});
  sink().Abort();
  check();
  Reopen();
  check();
}

TEST_P(SinkContract, RowsThatOthersPutInAreFoundAtTheNextTransaction) {
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(5, 'hand', 'n5')");
  Begin();
  EXPECT_EQ(Holders(0, {"hand"}), Ids{5});
  Commit();
  fixture_->Execute("UPDATE customers SET external_id = 'moved', email = 'm5' WHERE id = 5");
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(6, 'moved', 'n6')");
  Begin();
  EXPECT_EQ(Holders(0, {"moved"}), (Ids{5, 6}));
  EXPECT_EQ(Holders(0, {"hand"}), Ids{});
  EXPECT_EQ(Holders(1, {"m5", "n5"}), Ids{5});
  // An aborted transaction forgets what it took in; the next one takes it in again.
  sink().Abort();
  fixture_->Execute("UPDATE customers SET id = 50 WHERE id = 5");
  Begin();
  EXPECT_EQ(Holders(0, {"moved"}), (Ids{6, 50}));
  sink().Abort();
  fixture_->Execute("DELETE FROM customers WHERE id = 6");
  Reopen();
  Begin();
  EXPECT_EQ(Holders(0, {"moved"}), Ids{50});
  Commit();
}

TEST_P(SinkContract, ATableThatWasThereBeforeTheSinkIsTakenAsItIs) {
  fixture_ = GetParam()();
  fixture_->Execute(
      "CREATE TABLE customers(id integer primary key, Name text, external_id text, age integer)");
  fixture_->Execute("INSERT INTO customers(id, name, external_id, age) VALUES(3, 'n', 'e', 40)");
  Prepare();
  Begin();
  EXPECT_EQ(Holders(0, {"e"}), Ids{3});
  Update(3, testing::kPhone, "p");
  EXPECT_EQ(Holders(2, {"p", "n"}), Ids{3});
  Commit();
  EXPECT_EQ(Row(3).fields[testing::kName], "n");
}

TEST_P(SinkContract, RowsPutInWhileTheSinkIsClosedAreFound) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  fixture_->Close();
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(5, 'e1', 'n5')");
  Reopen();
  Begin();
  EXPECT_EQ(Holders(0, {"e1"}), (Ids{5, 8}));
  Commit();
}

TEST_P(SinkContract, WritesOfOtherProgramsTriggersAreFound) {
  fixture_->Execute(fixture_->ForeignTrigger());
  dataset_ = testing::CustomerSinkDataset({{"external_id"}, {"note"}});
  Prepare();
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  EXPECT_EQ(Row(8).fields[testing::kNote], "by trigger");
  Begin();
  EXPECT_EQ(Holders(1, {"by trigger"}), Ids{8});
  Commit();
}

TEST_P(SinkContract, ATableDroppedAndMadeAnewIsIndexedAnew) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  fixture_->Execute("DROP TABLE customers");
  fixture_->Execute("CREATE TABLE customers(id INTEGER PRIMARY KEY, external_id TEXT, name TEXT)");
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(5, 'e5', 'n5')");
  Begin();
  EXPECT_EQ(Holders(0, {"e5"}), Ids{5});
  EXPECT_EQ(Holders(0, {"e1"}), Ids{});
  Insert(16, {"e5", "n6", "", "", "m6"});
  EXPECT_EQ(Holders(0, {"e5"}), (Ids{5, 16}));
  Commit();
  fixture_->Execute("UPDATE customers SET external_id = 'e7' WHERE id = 16");
  Begin();
  EXPECT_EQ(Holders(0, {"e7"}), Ids{16});
  Commit();
}

TEST_P(SinkContract, ATablePutAsideUnderAnotherNameLeavesANewOneThatIsWatched) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  fixture_->Execute("ALTER TABLE customers RENAME TO customers_old");
  Begin();
  EXPECT_EQ(Holders(0, {"e1"}), Ids{});
  Insert(16, {"e2", "n2"});
  Commit();
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(5, 'e5', 'n5')");
  Begin();
  EXPECT_EQ(Holders(0, {"e5"}), Ids{5});
  Commit();
}

TEST_P(SinkContract, AnIdThatSomebodyElsesRowHasTakenIsReplaced) {
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(8, 'hand', 'n')");
  Begin();
  const load::RowId id = Insert(8, {"e1", "n1"});
  EXPECT_NE(id, 8);
  EXPECT_EQ(Row(8).fields[0], "hand");
  EXPECT_EQ(Row(id).fields[0], "e1");
  EXPECT_EQ(Holders(0, {"e1"}), Ids{id});
  EXPECT_EQ((*sink().ReadEntry(dataset_, id, UINT32_MAX))->number, 1u);
  EXPECT_FALSE(sink().ReadEntry(dataset_, 8, UINT32_MAX)->has_value());
  Commit();
}

TEST_P(SinkContract, AReplacedIdIsNotOneWhoseRowHasGoneButHasAHistory) {
  Begin();
  Insert(8, {"e1", "n1"});
  Insert(9, {"e2", "n2"});
  ASSERT_TRUE(
      sink()
          .WriteEntry(dataset_, 9, {2, 4, load::EntryKind::kChanged, 5, {{"name", "x", "n2"}}})
          .ok());
  Commit();
  fixture_->Execute("DELETE FROM customers WHERE id = 9");
  Begin();
  const load::RowId id = Insert(8, {"e3", "n3"});
  const auto newest = *sink().ReadEntry(dataset_, id, UINT32_MAX);
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->number, 1u);
  EXPECT_EQ(newest->kind, load::EntryKind::kCreated);
  EXPECT_EQ((*sink().ReadEntry(dataset_, 9, UINT32_MAX))->number, 2u);
  Commit();
}

TEST_P(SinkContract, ATableWithoutAnIntegerKeyIsRefused) {
  fixture_ = GetParam()();
  fixture_->Execute("CREATE TABLE customers(id TEXT PRIMARY KEY, name TEXT)");
  fixture_->Execute("INSERT INTO customers(id, name) VALUES('a', 'n')");
  const absl::Status status = sink().Prepare(dataset_);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  // Nothing was changed on the way to the refusal.
  fixture_->Execute("DROP TABLE customers");
  Prepare();
}

TEST_P(SinkContract, ColumnsOfANewerDatasetAreAddedAndItsKeysKeptByOlderOnes) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  const load::SinkDataset older = dataset_;
  std::vector<std::string> names = testing::kCustomerFields;
  names.emplace_back("vip_number");
  const load::SinkDataset newer =
      testing::CustomerSinkDataset({{"vip_number", "name"}, {"external_id"}}, names);
  dataset_ = newer;
  Prepare();
  Begin();
  EXPECT_EQ(Row(8).fields[6], std::nullopt);
  Update(8, 6, "v1");
  EXPECT_EQ(Holders(0, {"v1", "n1"}), Ids{8});
  Commit();
  // A plan that does not know the column changes a part of its key.
  dataset_ = older;
  Prepare();
  Begin();
  Update(8, testing::kName, "n2");
  Commit();
  dataset_ = newer;
  Prepare();
  Begin();
  EXPECT_EQ(Holders(0, {"v1", "n2"}), Ids{8});
  EXPECT_EQ(Row(8).fields[6], "v1");
  Commit();
}

TEST_P(SinkContract, KeysOfARuleThatAPlanBringsLaterAreFoundInOldRows) {
  dataset_ = testing::CustomerSinkDataset({{"external_id"}});
  fixture_ = GetParam()();
  Prepare();
  Begin();
  Insert(8, {"e1", "n1", "", "", "", "note"});
  Commit();
  dataset_ = testing::CustomerSinkDataset({{"note"}, {"external_id"}});
  Prepare();
  Begin();
  EXPECT_EQ(Holders(0, {"note"}), Ids{8});
  Commit();
  // And a plan without that rule keeps it up to date.
  dataset_ = testing::CustomerSinkDataset({{"external_id"}});
  Prepare();
  Begin();
  Insert(16, {"e2", "n2", "", "", "", "note"});
  Commit();
  Reopen();
  dataset_ = testing::CustomerSinkDataset({{"note"}, {"external_id"}});
  Prepare();
  EXPECT_EQ(Holders(0, {"note"}), (Ids{8, 16}));
}

}  // namespace sluice::contract

// The contract of load::Sink: keys, and tables that others use too.
#pragma once

#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

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

// What was announced is there or not as it is, also what the transaction itself puts there.
TEST_P(SinkContract, RowsThatWereExpectedAreReadAsTheyStand) {
  Begin();
  Insert(8, {"e1", "n1"});
  Commit();
  const auto name = [&](load::RowId id) -> std::string {
    const auto row = sink().ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || !row->has_value()) return "none";
    return (*row)->fields[testing::kName].value_or("");
  };
  Begin();
  const load::RowId ids[] = {8, 16, 24};
  const absl::Status expected = sink().Expect(dataset_, {}, ids);
  ASSERT_TRUE(expected.ok()) << expected;
  EXPECT_EQ(name(16), "none");
  EXPECT_EQ(name(8), "n1");
  Insert(16, {"e2", "n2"});
  EXPECT_EQ(name(16), "n2");
  EXPECT_EQ(name(24), "none");
  Update(8, testing::kName, "n3");
  EXPECT_EQ(name(8), "n3");
  Commit();
  EXPECT_EQ(name(16), "n2");
  Begin();
  const load::RowId again[] = {16, 24};
  ASSERT_TRUE(sink().Expect(dataset_, {}, again).ok());
  EXPECT_EQ(name(16), "n2");
  EXPECT_EQ(name(24), "none");
  sink().Abort();
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
  fixture_->Execute("CREATE TABLE customers(" + fixture_->IdColumn() +
                    ", Name text, external_id text, age integer)");
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
  fixture_->Execute("CREATE TABLE customers(" + fixture_->IdColumn() +
                    ", external_id TEXT, name TEXT)");
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

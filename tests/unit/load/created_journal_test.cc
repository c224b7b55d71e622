#include "load/created_journal.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice::load {
namespace {

class CreatedJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto connection = database::SqliteConnection::Open({.path = ":memory:"});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    journal_ = std::make_unique<CreatedJournal>(*connection_, "customers");
    ASSERT_TRUE(journal_->CreateTable().ok());
    ASSERT_TRUE(journal_->PrepareStatements().ok());
  }

  std::unique_ptr<database::SqliteConnection> connection_;
  std::unique_ptr<CreatedJournal> journal_;
};

TEST_F(CreatedJournalTest, FindsEveryEntryAndNoOther) {
  std::mt19937_64 random(7);
  std::map<RowId, CreatedEntry> expected;
  RowId first = (RowId{3} << 32) - 5000;
  for (int transaction = 0; transaction < 12; ++transaction) {
    // Partitions stand at different places, so that the ranges of transactions overlap.
    for (int partition = 0; partition < 3; ++partition) {
      RowId id = first + static_cast<RowId>(random() % 3000);
      for (int i = 0; i < 200; ++i) {
        id += static_cast<RowId>(1 + random() % 40);
        const CreatedEntry entry{random() % 1000, std::string(random() % 60, 'f')};
        if (!expected.emplace(id, entry).second) continue;
        journal_->Add(id, entry.source_row, entry.fields);
      }
    }
    EXPECT_EQ(*journal_->Last(), expected.rbegin()->first);
    if (transaction % 4 == 3) continue;
    ASSERT_TRUE(journal_->Flush().ok());
    first += 2000;
  }
  for (RowId id = expected.begin()->first - 10; id < expected.rbegin()->first + 10; ++id) {
    const auto found = journal_->Find(id);
    ASSERT_TRUE(found.ok()) << found.status();
    const auto wanted = expected.find(id);
    ASSERT_EQ(found->has_value(), wanted != expected.end()) << id;
    if (wanted == expected.end()) continue;
    EXPECT_EQ((*found)->source_row, wanted->second.source_row);
    EXPECT_EQ((*found)->fields, wanted->second.fields);
  }
}

TEST_F(CreatedJournalTest, ForgetsWhatWasNotFlushed) {
  journal_->Add(8, 1, "a");
  ASSERT_TRUE(journal_->Flush().ok());
  journal_->Add(16, 2, "b");
  journal_->Forget();
  ASSERT_TRUE(journal_->Flush().ok());
  EXPECT_TRUE(journal_->Find(8)->has_value());
  EXPECT_FALSE(journal_->Find(16)->has_value());
  EXPECT_EQ(*journal_->Last(), 8);
}

TEST_F(CreatedJournalTest, NeighboursShareABlock) {
  for (RowId id = 0; id < 512; ++id) journal_->Add(id * 8, 1, "fields");
  ASSERT_TRUE(journal_->Flush().ok());
  EXPECT_EQ(*connection_->QueryInt("SELECT count(*) FROM sluice_created_customers"), 4);
}

TEST_F(CreatedJournalTest, ADamagedBlockIsSaid) {
  journal_->Add(8, 1, "fields");
  ASSERT_TRUE(journal_->Flush().ok());
  ASSERT_TRUE(connection_->Execute("UPDATE sluice_created_customers SET entries = x'0aff'").ok());
  EXPECT_TRUE(absl::IsDataLoss(journal_->Find(8).status()));
  // The journal can be asked again.
  EXPECT_FALSE(journal_->Find(7)->has_value());
}

}  // namespace
}  // namespace sluice::load

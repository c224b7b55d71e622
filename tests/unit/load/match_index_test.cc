#include "load/match_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "common/database/sqlite.h"

namespace sluice::load {
namespace {

class MatchIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto connection = database::SqliteConnection::Open({.path = ":memory:"});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    ASSERT_TRUE(MatchIndex::CreateTables(*connection_).ok());
    index_ = Open("customers");
  }

  std::unique_ptr<MatchIndex> Open(const std::string& dataset) {
    auto index = std::make_unique<MatchIndex>(*connection_, dataset);
    EXPECT_TRUE(index->Load().ok());
    return index;
  }

  static std::set<int64_t> Find(MatchIndex& index, uint64_t hash) {
    std::vector<int64_t> rows;
    const absl::Status status = index.Find(hash, rows);
    EXPECT_TRUE(status.ok()) << status;
    return {rows.begin(), rows.end()};
  }

  int64_t Count(const std::string& table) {
    return connection_->QueryInt("SELECT count(*) FROM " + table)->value_or(-1);
  }

  std::unique_ptr<database::SqliteConnection> connection_;
  std::unique_ptr<MatchIndex> index_;
};

TEST_F(MatchIndexTest, FindsExactlyWhatWasAddedThroughSpillsMergesAbortsAndReloads) {
  std::mt19937_64 random(11);
  std::multimap<uint64_t, int64_t> expected;
  // Few enough different hashes that many have several rows, also across runs.
  const auto hash_of = [](uint64_t n) { return n * 0x9e3779b97f4a7c15ULL; };
  constexpr uint64_t kHashes = 400000;
  const auto check = [&](int finds) {
    for (int i = 0; i < finds; ++i) {
      const uint64_t hash = hash_of(random() % (kHashes + kHashes / 10));
      std::set<int64_t> rows;
      const auto range = expected.equal_range(hash);
      for (auto it = range.first; it != range.second; ++it) rows.insert(it->second);
      ASSERT_EQ(Find(*index_, hash), rows);
    }
  };
  int64_t row = 0;
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(connection_->Begin().ok());
    std::vector<std::pair<uint64_t, int64_t>> added;
    for (uint64_t count = 1 + random() % 50000; count > 0; --count) {
      added.emplace_back(hash_of(random() % kHashes), ++row);
      index_->Add(added.back().first, added.back().second);
    }
    if (random() % 2 == 0) {
      ASSERT_TRUE(index_->Flush().ok());
    }
    ASSERT_EQ(Find(*index_, added[0].first).count(added[0].second), 1u);
    if (round % 7 == 3) {
      connection_->Rollback();
      ASSERT_TRUE(index_->Load().ok());
    } else {
      ASSERT_TRUE(index_->Flush().ok());
      ASSERT_TRUE(connection_->Commit().ok());
      expected.insert(added.begin(), added.end());
    }
    if (round % 10 == 9) index_ = Open("customers");
    check(2000);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(expected.size(), 1'100'000u);
  // Runs were merged: far fewer than one for every spill and flush are left.
  EXPECT_LT(Count("sluice_match_run"), 40);
  check(50000);
}

TEST_F(MatchIndexTest, ManyRowsOfOneHashAreAllFoundAcrossChunks) {
  ASSERT_TRUE(connection_->Begin().ok());
  std::set<int64_t> rows;
  for (int64_t row = 1; row <= 3000; ++row) {
    rows.insert(-row);
    index_->Add(77, -row);
  }
  for (uint64_t other = 0; other < 300000; ++other) index_->Add(other * 1'000'003 + 1, 1);
  ASSERT_TRUE(index_->Flush().ok());
  ASSERT_TRUE(connection_->Commit().ok());
  EXPECT_EQ(Find(*index_, 77), rows);
  index_ = Open("customers");
  EXPECT_EQ(Find(*index_, 77), rows);
  EXPECT_EQ(Find(*index_, UINT64_MAX), std::set<int64_t>());
}

TEST_F(MatchIndexTest, TheEndsOfTheHashRangeAreFound) {
  index_->Add(0, 1);
  index_->Add(UINT64_MAX, 2);
  for (uint64_t other = 0; other < 300000; ++other) {
    index_->Add((other + 1) * 0x9e3779b97f4a7c15ULL, 3);
  }
  ASSERT_TRUE(index_->Flush().ok());
  EXPECT_EQ(Find(*index_, 0), std::set<int64_t>{1});
  EXPECT_EQ(Find(*index_, UINT64_MAX), std::set<int64_t>{2});
}

TEST_F(MatchIndexTest, DatasetsDoNotSeeEachOthersEntries) {
  auto accounts = Open("accounts");
  index_->Add(5, 1);
  accounts->Add(5, 2);
  ASSERT_TRUE(index_->Flush().ok());
  ASSERT_TRUE(accounts->Flush().ok());
  EXPECT_EQ(Find(*Open("customers"), 5), std::set<int64_t>{1});
  EXPECT_EQ(Find(*Open("accounts"), 5), std::set<int64_t>{2});
  ASSERT_TRUE(index_->Clear().ok());
  EXPECT_EQ(Find(*index_, 5), std::set<int64_t>());
  EXPECT_EQ(Find(*Open("accounts"), 5), std::set<int64_t>{2});
}

TEST_F(MatchIndexTest, ClearingLeavesNothingOnDisk) {
  for (uint64_t n = 0; n < 300000; ++n) index_->Add(n, 1);
  ASSERT_TRUE(index_->Flush().ok());
  index_->Add(1, 2);
  ASSERT_TRUE(index_->Flush().ok());
  ASSERT_GT(Count("sluice_match_chunk"), 1);
  index_ = Open("customers");
  ASSERT_TRUE(index_->Clear().ok());
  EXPECT_EQ(Count("sluice_match_chunk"), 0);
  EXPECT_EQ(Count("sluice_match_run"), 0);
}

TEST(BloomFilterTest, NeverDeniesWhatWasAddedAndRarelyClaimsWhatWasNot) {
  constexpr uint64_t kKeys = 100000;
  BloomFilter filter(kKeys);
  for (uint64_t n = 0; n < kKeys; ++n) filter.Add(n * 7919);
  const BloomFilter stored(filter.bytes());
  uint64_t wrong = 0;
  for (uint64_t n = 0; n < kKeys; ++n) {
    ASSERT_TRUE(stored.MayContain(n * 7919));
    wrong += stored.MayContain(n * 7919 + 1) ? 1 : 0;
  }
  EXPECT_LT(wrong, kKeys / 20);
}

}  // namespace
}  // namespace sluice::load

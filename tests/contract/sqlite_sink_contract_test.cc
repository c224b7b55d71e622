#include <gtest/gtest.h>

#include "common/database/sqlite.h"
#include "load/sqlite_sink.h"
#include "tests/contract/sink_contract.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

class SqliteFixture : public SinkFixture {
 public:
  SqliteFixture() { options_.path = directory_.path() + "/sink.db"; }
  load::Sink& sink() override {
    if (sink_ == nullptr) Open();
    return *sink_;
  }
  void Reopen() override {
    sink_.reset();
    Open();
  }
  void Close() override { sink_.reset(); }
  void Execute(const std::string& sql) override {
    auto connection = database::SqliteConnection::Open(options_);
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status status = (*connection)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status << ": " << sql;
  }
  std::string ForeignTrigger() override {
    return "CREATE TRIGGER audit AFTER INSERT ON customers BEGIN "
           "UPDATE customers SET note = 'by trigger' WHERE id = new.id; END";
  }

 private:
  void Open() {
    auto sink = load::SqliteSink::Open(options_, random_);
    ASSERT_TRUE(sink.ok()) << sink.status();
    sink_ = std::move(*sink);
  }

  testing::TemporaryDirectory directory_;
  database::SqliteOptions options_;
  base::SystemRandom random_;
  std::unique_ptr<load::SqliteSink> sink_;
};

std::unique_ptr<SinkFixture> MakeSqlite() {
  return std::make_unique<SqliteFixture>();
}

TEST(SqliteSinkTest, AnIndexBuiltAnewLeavesNothingOfTheOldOne) {
  testing::TemporaryDirectory directory;
  base::SystemRandom random;
  const database::SqliteOptions options{.path = directory.path() + "/sink.db"};
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  auto other = database::SqliteConnection::Open(options);
  ASSERT_TRUE(other.ok()) << other.status();
  for (int round = 0; round < 3; ++round) {
    auto sink = load::SqliteSink::Open(options, random);
    ASSERT_TRUE(sink.ok()) << sink.status();
    ASSERT_TRUE((*sink)->Prepare(dataset).ok());
    ASSERT_TRUE((*sink)->Begin().ok());
    const std::vector<std::string_view> fields = {"e", "n", "", "", "", ""};
    ASSERT_TRUE((*sink)->Insert(dataset, {8 + round, 2, fields, {}, ""}, 1).ok());
    ASSERT_TRUE((*sink)->Commit().ok());
    sink->reset();
    ASSERT_TRUE((*other)->Execute("DROP TABLE customers").ok());
  }
  EXPECT_EQ(*(*other)->QueryInt("SELECT count(*) FROM sluice_match_chunk"), 1);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, SinkContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });

}  // namespace
}  // namespace sluice::contract

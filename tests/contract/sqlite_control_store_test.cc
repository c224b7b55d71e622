#include "control/sqlite_control_store.h"

#include <filesystem>

#include "common/database/sqlite.h"
#include "tests/contract/control_store_contract.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {
namespace {

class SqliteControlFixture : public ControlFixture {
 public:
  SqliteControlFixture() { options_.path = directory_.path() + "/control.db"; }
  control::ControlStore& store() override {
    if (store_ == nullptr) store_ = OpenAnother();
    return *store_;
  }
  std::unique_ptr<control::ControlStore> OpenAnother() override {
    auto opened = control::SqliteControlStore::Open(options_, clock_, random_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  void Reopen() override {
    store_.reset();
    store();
  }
  void AgeLeases(int seconds) override {
    Execute("UPDATE leases SET until = until - " + std::to_string(seconds * 1000));
  }
  absl::Status OpenNewerSchema() override {
    store_.reset();
    Execute("UPDATE meta SET value = value + 1 WHERE key = 'schema_version'");
    return control::SqliteControlStore::Open(options_, clock_, random_).status();
  }

 private:
  void Execute(const std::string& sql) {
    auto connection = database::SqliteConnection::Open(options_);
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status status = (*connection)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  testing::TemporaryDirectory directory_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  database::SqliteOptions options_;
  std::unique_ptr<control::ControlStore> store_;
};

std::unique_ptr<ControlFixture> MakeSqlite() {
  return std::make_unique<SqliteControlFixture>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ControlStoreContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, ControlLeaseContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, ControlRoundContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, ControlUndoContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });
INSTANTIATE_TEST_SUITE_P(Sqlite, ControlProfileContract, ::testing::Values(&MakeSqlite),
                         [](const auto&) { return "Sqlite"; });

}  // namespace
}  // namespace sluice::contract

#include "control/postgres_control_store.h"

#include <signal.h>

#include "common/database/postgres.h"
#include "tests/contract/control_store_contract.h"
#include "tests/testing/postgres_server.h"

namespace sluice::contract {
namespace {

// The store writes as sluice_control and has its tables made by sluice_owner.
class PostgresControlFixture : public ControlFixture {
 public:
  explicit PostgresControlFixture(
      testing::PostgresServer& server = testing::SharedPostgresServer()) {
    const auto database = server.MakeDatabase();
    EXPECT_TRUE(database.ok()) << database.status();
    options_.connection.connection = server.ConnectionString("sluice_control", *database);
    options_.owner = server.ConnectionString("sluice_owner", *database);
  }
  control::ControlStore& store() override {
    if (store_ == nullptr) store_ = OpenAnother();
    return *store_;
  }
  std::unique_ptr<control::ControlStore> OpenAnother() override {
    return std::make_unique<control::PostgresControlStore>(options_, clock_, random_);
  }
  void Reopen() override {
    store_.reset();
    store();
  }
  void AgeLeases(int seconds) override {
    Execute("UPDATE sluice_control.leases SET until = until - interval '" +
            std::to_string(seconds) + " seconds'");
  }
  absl::Status OpenNewerSchema() override {
    Execute("UPDATE sluice_control.schema_version SET version = version + 1");
    return OpenAnother()->GetInstallation().status();
  }
  void Execute(const std::string& sql) {
    database::PostgresOptions options;
    options.connection = options_.owner;
    auto connection = database::PostgresConnection::Open(options);
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status status = (*connection)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  const control::PostgresControlOptions& options() const { return options_; }

 private:
  base::SystemClock clock_;
  base::SystemRandom random_;
  control::PostgresControlOptions options_;
  std::unique_ptr<control::ControlStore> store_;
};

std::unique_ptr<ControlFixture> MakePostgres() {
  return std::make_unique<PostgresControlFixture>();
}

TEST(PostgresControlStoreTest, AServerThatIsAwayIsWaitedFor) {
  auto server = testing::PostgresServer::Start({});
  ASSERT_TRUE(server.ok()) << server.status();
  PostgresControlFixture fixture(**server);
  (*server)->Stop(SIGINT);
  // Also by a store that has never seen it.
  EXPECT_TRUE(absl::IsUnavailable(fixture.store().GetInstallation().status()));
  ASSERT_TRUE((*server)->StartAgain().ok());
  const auto installation = fixture.store().GetInstallation();
  ASSERT_TRUE(installation.ok()) << installation.status();
  ASSERT_TRUE(fixture.store().BindLog("log-a").ok());
  (*server)->Stop(SIGQUIT);
  EXPECT_TRUE(absl::IsUnavailable(fixture.store().ListImports().status()));
  EXPECT_TRUE(absl::IsUnavailable(fixture.store().ApplyResults({}).status()));
  ASSERT_TRUE((*server)->StartAgain().ok());
  EXPECT_EQ(fixture.store().GetInstallation()->log_id, "log-a");
}

TEST(PostgresControlStoreTest, ItsRoleMayNotMakeTablesOrSeeCustomers) {
  PostgresControlFixture fixture;
  control::PostgresControlOptions alone = fixture.options();
  alone.owner.clear();
  base::SystemClock clock;
  base::SystemRandom random;
  control::PostgresControlStore store(alone, clock, random);
  EXPECT_TRUE(absl::IsPermissionDenied(store.GetInstallation().status()));
  fixture.Execute("CREATE TABLE public.customers(id bigint)");
  ASSERT_TRUE(fixture.store().GetInstallation().ok());
  EXPECT_TRUE(store.GetInstallation().ok());
  const auto connection = database::PostgresConnection::Open(alone.connection);
  ASSERT_TRUE(connection.ok());
  for (const char* sql : {"SELECT * FROM public.customers", "CREATE TABLE sluice_control.t(i int)",
                          "DROP TABLE sluice_control.outbox", "CREATE TABLE public.t(i int)"}) {
    EXPECT_TRUE(absl::IsPermissionDenied((*connection)->Execute(sql))) << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(Postgres, ControlStoreContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, ControlLeaseContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, ControlRoundContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, ControlUndoContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, ControlProfileContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });

}  // namespace
}  // namespace sluice::contract

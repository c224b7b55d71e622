// What a real server's errors become: tried again, or not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

#include "common/base/status.h"
#include "common/database/postgres.h"
#include "tests/testing/postgres_server.h"

namespace sluice::database {
namespace {

// A database of its own, and connections as its owner.
class PostgresErrorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto made = testing::SharedPostgresServer().MakeDatabase();
    ASSERT_TRUE(made.ok()) << made.status();
    database_ = *made;
    connection_ = Open("sluice_owner");
    ASSERT_NE(connection_, nullptr);
    Execute(*connection_, "CREATE TABLE t(id int PRIMARY KEY, v text NOT NULL)");
    Execute(*connection_, "INSERT INTO t VALUES(1, 'a'), (2, 'b')");
  }
  std::unique_ptr<PostgresConnection> Open(
      const std::string& role, const std::function<void(PostgresOptions&)>& change = {}) {
    PostgresOptions options;
    options.connection = testing::SharedPostgresServer().ConnectionString(role, database_);
    if (change) change(options);
    auto connection = PostgresConnection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }
  static void Execute(PostgresConnection& connection, const std::string& sql) {
    const absl::Status status = connection.Execute(sql);
    ASSERT_TRUE(status.ok()) << status << ": " << sql;
  }
  int64_t PidOf(PostgresConnection& connection) {
    return connection.Query("SELECT pg_backend_pid()")->Int(0, 0);
  }
  std::unique_ptr<PostgresConnection> OpenSuperuser() { return Open("postgres"); }

  std::string database_;
  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(PostgresErrorsTest, EveryClassIsTriedAgainOrNot) {
  struct Case {
    const char* state;
    absl::StatusCode code;
  };
  const std::vector<Case> cases = {
      // Serialization, deadlock, lock timeout: the same batch is right at the next try.
      {"40001", absl::StatusCode::kAborted},
      {"40P01", absl::StatusCode::kAborted},
      {"55P03", absl::StatusCode::kAborted},
      // The server goes, or has no place.
      {"57P01", absl::StatusCode::kUnavailable},
      {"57P02", absl::StatusCode::kUnavailable},
      {"57P03", absl::StatusCode::kUnavailable},
      {"53300", absl::StatusCode::kUnavailable},
      {"08006", absl::StatusCode::kUnavailable},
      {"25006", absl::StatusCode::kUnavailable},
      {"57014", absl::StatusCode::kDeadlineExceeded},
      // Disk and memory.
      {"53100", absl::StatusCode::kResourceExhausted},
      {"53200", absl::StatusCode::kResourceExhausted},
      // A table was changed under a prepared statement.
      {"0A000", absl::StatusCode::kAborted},
      // For good.
      {"23505", absl::StatusCode::kAlreadyExists},
      {"23502", absl::StatusCode::kFailedPrecondition},
      {"22003", absl::StatusCode::kFailedPrecondition},
      {"42501", absl::StatusCode::kPermissionDenied},
      {"42P01", absl::StatusCode::kFailedPrecondition},
      {"3F000", absl::StatusCode::kFailedPrecondition},
      {"28000", absl::StatusCode::kPermissionDenied},
      {"XX001", absl::StatusCode::kDataLoss},
      {"58030", absl::StatusCode::kDataLoss},
      {"P0001", absl::StatusCode::kInternal},
  };
  for (const Case& each : cases) {
    const absl::Status status = connection_->Execute(
        fmt::format("DO $$ BEGIN RAISE EXCEPTION 'text' USING ERRCODE = '{}'; END $$", each.state));
    EXPECT_EQ(status.code(), each.code) << each.state << ": " << status;
    EXPECT_NE(base::Message(status).find(each.state), std::string_view::npos);
  }
}

TEST_F(PostgresErrorsTest, ALockThatAnotherHoldsAndADeadlockAreTriedAgain) {
  const auto other =
      Open("sluice_owner", [](PostgresOptions& options) { options.lock_timeout_ms = 50; });
  ASSERT_TRUE(connection_->Begin().ok());
  Execute(*connection_, "UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_TRUE(absl::IsAborted(other->Execute("UPDATE t SET v = 'y' WHERE id = 1")));

  const auto third = Open("sluice_owner");
  ASSERT_TRUE(third->Begin().ok());
  Execute(*third, "UPDATE t SET v = 'z' WHERE id = 2");
  absl::Status waited;
  std::thread thread([&] { waited = third->Execute("UPDATE t SET v = 'z' WHERE id = 1"); });
  const absl::Status crossed = connection_->Execute("UPDATE t SET v = 'x' WHERE id = 2");
  connection_->Rollback();
  thread.join();
  EXPECT_NE(crossed.ok(), waited.ok()) << crossed << waited;
  EXPECT_TRUE(absl::IsAborted(crossed.ok() ? waited : crossed)) << crossed << waited;
}

TEST_F(PostgresErrorsTest, ASerializationFailureIsTriedAgain) {
  const auto other = Open("sluice_owner");
  Execute(*connection_, "BEGIN ISOLATION LEVEL REPEATABLE READ");
  EXPECT_EQ(connection_->Query("SELECT v FROM t WHERE id = 1")->Text(0, 0), "a");
  Execute(*other, "UPDATE t SET v = 'y' WHERE id = 1");
  EXPECT_TRUE(absl::IsAborted(connection_->Execute("UPDATE t SET v = 'x' WHERE id = 1")));
}

TEST_F(PostgresErrorsTest, AConnectionThatTheServerEndsIsMadeAgain) {
  const auto superuser = OpenSuperuser();
  for (const bool in_transaction : {false, true}) {
    if (in_transaction) {
      ASSERT_TRUE(connection_->Begin().ok());
    }
    ASSERT_TRUE(superuser
                    ->Query("SELECT pg_terminate_backend($1::int, 5000)",
                            PostgresParameters().Int(PidOf(*connection_)))
                    .ok());
    const absl::Status lost = connection_->Execute("SELECT 1");
    EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
    EXPECT_FALSE(connection_->alive());
    ASSERT_TRUE(connection_->Reconnect().ok());
    EXPECT_TRUE(connection_->alive());
    EXPECT_TRUE(connection_->Query("SELECT v FROM t").ok());
  }
}

TEST_F(PostgresErrorsTest, WhoSleepsInATransactionIsEnded) {
  const auto sleeper = Open("sluice_owner", [](PostgresOptions& options) {
    options.idle_in_transaction_timeout_ms = 50;
  });
  ASSERT_TRUE(sleeper->Begin().ok());
  Execute(*sleeper, "UPDATE t SET v = 'x' WHERE id = 1");
  // Waits for the lock until the server has ended the sleeper.
  Execute(*connection_, "UPDATE t SET v = 'y' WHERE id = 1");
  EXPECT_TRUE(absl::IsUnavailable(sleeper->Execute("SELECT 1")));
}

TEST_F(PostgresErrorsTest, AStatementThatTakesTooLongIsTriedAgain) {
  const auto slow =
      Open("sluice_owner", [](PostgresOptions& options) { options.statement_timeout_ms = 50; });
  const absl::Status status = slow->Execute("SELECT pg_sleep(30)");
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_TRUE(base::IsRetryable(status));
}

TEST_F(PostgresErrorsTest, ADatabaseThatTakesNoMoreConnectionsIsWaitedFor) {
  const auto superuser = OpenSuperuser();
  Execute(*superuser, "ALTER ROLE sluice_writer CONNECTION LIMIT 0");
  PostgresOptions options;
  options.connection = testing::SharedPostgresServer().ConnectionString("sluice_writer", database_);
  const auto refused = PostgresConnection::Open(options);
  EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
  Execute(*superuser, "ALTER ROLE sluice_writer CONNECTION LIMIT -1");
  EXPECT_TRUE(PostgresConnection::Open(options).ok());
}

TEST_F(PostgresErrorsTest, AReadOnlyServerIsWaitedFor) {
  Execute(*connection_, "SET default_transaction_read_only = on");
  const absl::Status status = connection_->Execute("UPDATE t SET v = 'x'");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(PostgresErrorsTest, NoTextHoldsAValue) {
  for (const char* sql :
       {"INSERT INTO t VALUES(1, 'hunter2')", "INSERT INTO t VALUES(9, NULL)",
        "SELECT 'hunter2'::int", "DO $$ BEGIN RAISE EXCEPTION 'hunter2'; END $$"}) {
    const absl::Status status = connection_->Execute(sql);
    EXPECT_FALSE(status.ok()) << sql;
    EXPECT_EQ(base::Message(status).find("hunter2"), std::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace sluice::database

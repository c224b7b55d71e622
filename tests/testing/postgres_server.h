// A PostgreSQL server of the test's own: a fresh cluster in a temporary directory, reached by a
// Unix socket there, stopped and removed at the end. Runs as the user postgres when the test runs
// as root, which the server refuses. Dies with the process that started it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {

struct PostgresServerOptions {
  // Off: what a test writes need not survive a loss of power.
  bool fsync = false;
};

// Thread-compatible.
class PostgresServer {
 public:
  // Returns when the server answers.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(
      const PostgresServerOptions& options);
  ~PostgresServer();
  // Ends it: SIGINT tells its clients (fast), SIGQUIT is as a crash.
  void Stop(int signal);
  // Starts it again after Stop, on the same data, and waits until it answers.
  absl::Status StartAgain();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A connection string for a role and database of this server.
  std::string ConnectionString(const std::string& role, const std::string& database) const;
  // The folder of its socket.
  const std::string& directory() const { return directory_.path(); }
  // A new database with the roles of deploy/postgres/roles.sql; its name.
  absl::StatusOr<std::string> MakeDatabase();
  pid_t pid() const { return pid_; }

 private:
  PostgresServer() = default;
  absl::Status Initialize();
  absl::Status Launch();
  absl::Status AwaitReady();

  PostgresServerOptions options_;
  TemporaryDirectory directory_;
  std::string programs_;
  pid_t pid_ = 0;
  int databases_ = 0;
};

// The one server of this process, started when first asked for.
PostgresServer& SharedPostgresServer();

}  // namespace sluice::testing

#include "tests/testing/postgres_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include "common/base/status.h"
#include "common/database/postgres.h"

namespace sluice::testing {
namespace {

constexpr const char* kUser = "postgres";
constexpr auto kDeadline = std::chrono::seconds(60);

// Starts a program, as the user postgres when this is root. It ends when this process does.
pid_t Spawn(std::vector<std::string> arguments, const std::string& directory) {
  std::vector<std::string> command = {"setpriv", "--pdeathsig", "INT"};
  if (::geteuid() == 0) {
    command.insert(command.end(), {"--reuid", kUser, "--regid", kUser, "--init-groups"});
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  const pid_t child = ::fork();
  if (child != 0) return child;
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int log = ::open((directory + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(
    const PostgresServerOptions& options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer());
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string programs = version.path().string() + "/bin";
    if (std::filesystem::exists(programs + "/initdb")) server->programs_ = programs;
  }
  if (server->programs_.empty()) {
    return absl::FailedPreconditionError("no PostgreSQL: install deploy/packages.test");
  }
  SLUICE_RETURN_IF_ERROR(server->Initialize());
  server->options_ = options;
  SLUICE_RETURN_IF_ERROR(server->Launch());
  SLUICE_RETURN_IF_ERROR(server->AwaitReady());
  return server;
}

absl::Status PostgresServer::Initialize() {
  const passwd* const user = ::getpwnam(kUser);
  if (::geteuid() == 0) {
    if (user == nullptr || ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      return absl::FailedPreconditionError("there is no user postgres to run the server as");
    }
  }
  const pid_t child =
      Spawn({programs_ + "/initdb", "-D", directory_.path() + "/data", "-U", kUser, "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
            directory_.path());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return absl::InternalError("initdb failed");
  return absl::OkStatus();
}

absl::Status PostgresServer::Launch() {
  pid_ = Spawn({programs_ + "/postgres", "-D", directory_.path() + "/data", "-c",
                "listen_addresses=", "-c", "unix_socket_directories=" + directory_.path(), "-c",
                options_.fsync ? "fsync=on" : "fsync=off", "-c", "shared_buffers=256MB", "-c",
                "max_wal_size=4GB"},
               directory_.path());
  return pid_ > 0 ? absl::OkStatus() : absl::InternalError("the server cannot be started");
}

absl::Status PostgresServer::AwaitReady() {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (true) {
    database::PostgresOptions options;
    options.connection = ConnectionString(kUser, kUser);
    const auto connection = database::PostgresConnection::Open(options);
    if (connection.ok()) return absl::OkStatus();
    if (std::chrono::steady_clock::now() > deadline) return connection.status();
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError("the server ended while it started");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

PostgresServer::~PostgresServer() {
  // Nothing of it is wanted any more.
  Stop(SIGQUIT);
}

void PostgresServer::Stop(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

absl::Status PostgresServer::StartAgain() {
  if (pid_ > 0) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(Launch());
  return AwaitReady();
}

std::string PostgresServer::ConnectionString(const std::string& role,
                                             const std::string& database) const {
  return "host=" + directory_.path() + " user=" + role + " dbname=" + database;
}

absl::StatusOr<std::string> PostgresServer::MakeDatabase() {
  std::string name = "test" + std::to_string(++databases_);
  database::PostgresOptions options;
  options.connection = ConnectionString(kUser, kUser);
  SLUICE_ASSIGN_OR_RETURN(const auto server, database::PostgresConnection::Open(options));
  SLUICE_RETURN_IF_ERROR(server->Execute("CREATE DATABASE " + name));
  options.connection = ConnectionString(kUser, name);
  SLUICE_ASSIGN_OR_RETURN(const auto made, database::PostgresConnection::Open(options));
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/deploy/postgres/roles.sql");
  std::stringstream roles;
  roles << file.rdbuf();
  SLUICE_RETURN_IF_ERROR(made->Execute(roles.str()));
  return name;
}

PostgresServer& SharedPostgresServer() {
  static const std::unique_ptr<PostgresServer> server = [] {
    auto started = PostgresServer::Start({});
    if (!started.ok()) {
      std::cerr << started.status() << "\n";
      std::abort();
    }
    return *std::move(started);
  }();
  return *server;
}

}  // namespace sluice::testing

// Runs a PostgreSQL server for tests in other languages until its standard input ends. "--fsync":
// what is committed survives a loss of power.
//
// It first prints the folder of the server's socket. Every line it reads is a command: `start`,
// `stop` (its clients are told), `kill` (as a crash), `database` (a new one with the roles of
// deploy/postgres/roles.sql). Each is answered by a line: `ok`, the name of the database, or
// `failed REASON`.
#include <signal.h>

#include <iostream>
#include <string>

#include "common/base/status.h"
#include "tests/testing/postgres_server.h"

namespace sluice::testing {
namespace {

std::string Answer(const absl::Status& status) {
  return status.ok() ? "ok" : "failed " + std::string(base::Message(status));
}

std::string Obey(PostgresServer& server, const std::string& command) {
  if (command == "start") return Answer(server.StartAgain());
  if (command == "stop") server.Stop(SIGINT);
  if (command == "kill") server.Stop(SIGQUIT);
  if (command == "database") {
    const auto made = server.MakeDatabase();
    return made.ok() ? *made : Answer(made.status());
  }
  return "ok";
}

}  // namespace
}  // namespace sluice::testing

int main(int argc, char** argv) {
  sluice::testing::PostgresServerOptions options;
  options.fsync = argc > 1 && std::string(argv[1]) == "--fsync";
  auto server = sluice::testing::PostgresServer::Start(options);
  if (!server.ok()) {
    std::cerr << server.status() << "\n";
    return 1;
  }
  std::cout << (*server)->directory() << std::endl;
  std::string command;
  while (std::getline(std::cin, command)) {
    std::cout << sluice::testing::Obey(**server, command) << std::endl;
  }
  return 0;
}

// Starts a PostgreSQL server for tests in other languages: prints the directory of its socket and
// the name of a database with the roles of deploy/postgres/roles.sql, and stops the server when
// standard input ends. "--fsync": what is committed survives a loss of power.
#include <iostream>
#include <string>

#include "tests/testing/postgres_server.h"

int main(int argc, char** argv) {
  sluice::testing::PostgresServerOptions options;
  options.fsync = argc > 1 && std::string(argv[1]) == "--fsync";
  auto server = sluice::testing::PostgresServer::Start(options);
  if (!server.ok()) {
    std::cerr << server.status() << "\n";
    return 1;
  }
  const auto database = (*server)->MakeDatabase();
  if (!database.ok()) {
    std::cerr << database.status() << "\n";
    return 1;
  }
  std::cout << (*server)->ConnectionString("sluice_writer", *database) << "\n"
            << (*server)->ConnectionString("sluice_owner", *database) << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  return 0;
}

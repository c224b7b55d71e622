// Where a PostgreSQL connection string leads, and how to name it without its secrets.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::database {

// A connection string taken apart. A value; thread-compatible.
class PostgresAddress {
 public:
  // A URL or a keyword string of libpq. InvalidArgument without repeating it: it may hold a
  // password.
  static absl::StatusOr<PostgresAddress> Parse(std::string_view connection);

  // As libpq finds them: what is not said comes from PGHOST and its like, then from libpq.
  std::string host() const;
  std::string port() const;
  // Empty when it is not said.
  std::string database() const;

  // "database at host", for messages.
  std::string Name() const;
  bool Says(const std::string& keyword) const { return keywords_.count(keyword) > 0; }

  // Keywords of `other` replace these. Another user does not inherit a password.
  void Override(const PostgresAddress& other);
  // For libpq, with secrets.
  std::string Connection() const;
  // A URL for people and histories: without secrets. It connects where a password file or the
  // environment has them.
  std::string Url() const;

 private:
  struct Keyword {
    std::string value;
    bool secret = false;
  };
  std::string Find(const std::string& keyword) const;

  std::map<std::string, Keyword> keywords_;
  // What is taken for what is not said.
  std::map<std::string, std::string> defaults_;
};

}  // namespace sluice::database

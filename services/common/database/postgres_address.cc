#include "common/database/postgres_address.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace sluice::database {
namespace {

// libpq marks what must not be shown.
bool IsSecret(const PQconninfoOption& option) {
  return option.dispchar != nullptr && option.dispchar[0] == '*';
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

}  // namespace

absl::StatusOr<PostgresAddress> PostgresAddress::Parse(std::string_view connection) {
  const std::string text(connection);
  PQconninfoOption* const given = PQconninfoParse(text.c_str(), nullptr);
  if (given == nullptr) {
    // libpq's message would quote a piece of the string.
    return absl::InvalidArgumentError(
        "the PostgreSQL connection string cannot be read: write it as "
        "postgresql://user@host:5432/database");
  }
  PostgresAddress address;
  for (const PQconninfoOption* option = given; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    address.keywords_[option->keyword] = {option->val, IsSecret(*option)};
  }
  PQconninfoFree(given);
  if (PQconninfoOption* const defaults = PQconndefaults(); defaults != nullptr) {
    for (const PQconninfoOption* option = defaults; option->keyword != nullptr; ++option) {
      if (option->val == nullptr || IsSecret(*option)) continue;
      address.defaults_[option->keyword] = option->val;
    }
    PQconninfoFree(defaults);
  }
  return address;
}

std::string PostgresAddress::Find(const std::string& keyword) const {
  if (const auto found = keywords_.find(keyword); found != keywords_.end()) {
    return found->second.value;
  }
  const auto standard = defaults_.find(keyword);
  return standard == defaults_.end() ? std::string() : standard->second;
}

std::string PostgresAddress::host() const {
  const std::string host = Find("host");
  return host.empty() ? Find("hostaddr") : host;
}

std::string PostgresAddress::port() const {
  return Find("port");
}

std::string PostgresAddress::database() const {
  const auto found = keywords_.find("dbname");
  return found == keywords_.end() ? std::string() : found->second.value;
}

std::string PostgresAddress::Name() const {
  const std::string where = host();
  const std::string what = database();
  return fmt::format("{} at {}", what.empty() ? "the default database" : what,
                     where.empty() ? "localhost" : where);
}

void PostgresAddress::Override(const PostgresAddress& other) {
  if (other.keywords_.count("user") > 0) keywords_.erase("password");
  for (const auto& [keyword, value] : other.keywords_) keywords_[keyword] = value;
}

std::string PostgresAddress::Connection() const {
  std::string connection;
  for (const auto& [keyword, given] : keywords_) {
    connection +=
        fmt::format("{}{}={}", connection.empty() ? "" : " ", keyword, Quoted(given.value));
  }
  return connection;
}

std::string PostgresAddress::Url() const {
  // A list of hosts, or the path of a socket's folder, reads better as a parameter.
  const auto host = keywords_.find("host");
  const bool plain_host =
      host != keywords_.end() && host->second.value.find_first_of("/,:") == std::string::npos;
  std::string user;
  std::string place;
  std::string parameters;
  for (const auto& [keyword, given] : keywords_) {
    if (given.secret || keyword == "dbname") continue;
    if (keyword == "user") {
      user = Escaped(given.value) + "@";
    } else if (plain_host && keyword == "host") {
      place = Escaped(given.value) + place;
    } else if (plain_host && keyword == "port") {
      place += ":" + Escaped(given.value);
    } else {
      parameters +=
          fmt::format("{}{}={}", parameters.empty() ? "?" : "&", keyword, Escaped(given.value));
    }
  }
  return fmt::format("postgresql://{}{}/{}{}", user, place, Escaped(database()), parameters);
}

}  // namespace sluice::database

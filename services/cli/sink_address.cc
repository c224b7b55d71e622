#include "cli/sink_address.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/database/postgres_address.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// Host, port and database tell sinks apart, not who asks: another role or password is the same one.
absl::StatusOr<SinkAddress> ParsePostgres(std::string_view given) {
  SLUICE_ASSIGN_OR_RETURN(const auto address,
                          database::PostgresAddress::Parse(load::PostgresConnectionOf(given)));
  if (address.database().empty()) {
    return absl::InvalidArgumentError(
        "--sink names no database: write it as postgresql://user@host:5432/database");
  }
  const std::string place =
      fmt::format("{}\n{}\n{}", address.host(), address.port(), address.database());
  return SinkAddress{
      {"postgres-" + base::Sha256Hex(place).substr(0, 16), address.Url()},
      address.Url() == given ? std::string(given) : "postgres:" + address.Connection()};
}

}  // namespace

absl::StatusOr<SinkAddress> ParseSink(std::string_view given, const std::string& data_dir) {
  const std::string standard =
      std::filesystem::absolute(data_dir + "/sink.db").lexically_normal().string();
  const std::string standard_url = std::string(kSqlite) + standard;
  if (given.empty()) return SinkAddress{{"sqlite", standard_url}, standard_url};
  if (load::IsPostgresUrl(given)) return ParsePostgres(given);
  if (!given.starts_with(kSqlite) || given.size() == kSqlite.size()) {
    return absl::InvalidArgumentError("--sink is sqlite:PATH or postgresql://USER@HOST/DATABASE");
  }
  given.remove_prefix(kSqlite.size());
  const std::string path =
      std::filesystem::absolute(std::string(given)).lexically_normal().string();
  if (path == standard) return ParseSink("", data_dir);
  const std::string url = std::string(kSqlite) + path;
  return SinkAddress{{"sqlite-" + base::Sha256Hex(path).substr(0, 16), url}, url};
}

}  // namespace sluice::cli

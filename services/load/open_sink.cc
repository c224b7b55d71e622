#include "load/open_sink.h"

#include "common/base/status.h"
#include "load/postgres_sink.h"
#include "load/sqlite_sink.h"

namespace sluice::load {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kPostgres = "postgres:";

}  // namespace

bool IsPostgresUrl(std::string_view url) {
  return url.starts_with(kPostgres) || url.starts_with("postgresql://");
}

absl::StatusOr<std::unique_ptr<Sink>> OpenSink(std::string_view url, const OpenSinkOptions& options,
                                               base::Random& random) {
  if (url.starts_with(kSqlite)) {
    database::SqliteOptions database;
    database.path = url.substr(kSqlite.size());
    SLUICE_ASSIGN_OR_RETURN(auto sink, SqliteSink::Open(database, random));
    return std::unique_ptr<Sink>(std::move(sink));
  }
  if (IsPostgresUrl(url)) {
    PostgresSinkOptions postgres;
    // "postgres:" may stand before a whole URL or a keyword string.
    const bool prefixed = url.starts_with(kPostgres) && !url.starts_with("postgres://");
    postgres.connection.connection = prefixed ? url.substr(kPostgres.size()) : url;
    postgres.owner = options.postgres_owner;
    SLUICE_ASSIGN_OR_RETURN(auto sink, PostgresSink::Open(postgres));
    return std::unique_ptr<Sink>(std::move(sink));
  }
  return absl::InvalidArgumentError(
      "the sink is neither sqlite:PATH nor postgresql://USER@HOST/DATABASE");
}

}  // namespace sluice::load

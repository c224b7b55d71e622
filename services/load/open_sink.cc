#include "load/open_sink.h"

#include <filesystem>

#include "common/base/status.h"
#include "common/database/postgres_address.h"
#include "load/fence_check.h"
#include "load/postgres_sink.h"
#include "load/postgres_view.h"
#include "load/sqlite_sink.h"
#include "load/sqlite_view.h"

namespace sluice::load {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kPostgres = "postgres:";

absl::StatusOr<std::unique_ptr<Sink>> OpenSqlite(std::string_view path,
                                                 const OpenSinkOptions& options,
                                                 base::Random& random) {
  database::SqliteOptions database;
  database.path = path;
  std::error_code ignored;
  const auto file = std::filesystem::status(database.path, ignored).type();
  // An empty file in its place would be in the way of the old one.
  if (options.given > 0 && file == std::filesystem::file_type::not_found) {
    return SinkIsLost(database.path, options.given);
  }
  SLUICE_ASSIGN_OR_RETURN(auto sink, SqliteSink::Open(database, random));
  return std::unique_ptr<Sink>(std::move(sink));
}

absl::StatusOr<std::unique_ptr<Sink>> OpenPostgres(std::string_view connection,
                                                   const OpenSinkOptions& options) {
  PostgresSinkOptions postgres;
  postgres.connection.connection = connection;
  postgres.given = options.given;
  SLUICE_ASSIGN_OR_RETURN(postgres.owner, OwnerConnection(connection, options.postgres_owner));
  SLUICE_ASSIGN_OR_RETURN(auto sink, PostgresSink::Open(postgres));
  return std::unique_ptr<Sink>(std::move(sink));
}

absl::Status UnknownSink() {
  return absl::InvalidArgumentError(
      "the sink is neither sqlite:PATH nor postgresql://USER@HOST/DATABASE");
}

}  // namespace

bool IsPostgresUrl(std::string_view url) {
  return url.starts_with(kPostgres) || url.starts_with("postgresql://");
}

std::string_view PostgresConnectionOf(std::string_view url) {
  const bool prefixed = url.starts_with(kPostgres) && !url.starts_with("postgres://");
  return prefixed ? url.substr(kPostgres.size()) : url;
}

absl::StatusOr<std::string> OwnerConnection(std::string_view connection, std::string_view owner) {
  if (owner.empty()) return std::string();
  SLUICE_ASSIGN_OR_RETURN(auto address, database::PostgresAddress::Parse(connection));
  const auto replaced = database::PostgresAddress::Parse(owner);
  SLUICE_RETURN_IF_ERROR(base::Annotate(replaced.status(), "setting postgres.owner"));
  address.Override(*replaced);
  return address.Connection();
}

absl::StatusOr<std::unique_ptr<Sink>> OpenSink(std::string_view url, const OpenSinkOptions& options,
                                               base::Random& random) {
  if (url.starts_with(kSqlite)) return OpenSqlite(url.substr(kSqlite.size()), options, random);
  if (IsPostgresUrl(url)) return OpenPostgres(PostgresConnectionOf(url), options);
  return UnknownSink();
}

absl::StatusOr<std::unique_ptr<SinkView>> OpenSinkView(std::string_view url) {
  if (url.starts_with(kSqlite)) {
    database::SqliteOptions options;
    options.path = url.substr(kSqlite.size());
    SLUICE_ASSIGN_OR_RETURN(auto view, SqliteView::Open(options));
    return std::unique_ptr<SinkView>(std::move(view));
  }
  if (IsPostgresUrl(url)) {
    SLUICE_ASSIGN_OR_RETURN(auto view, PostgresView::Open(std::string(PostgresConnectionOf(url))));
    return std::unique_ptr<SinkView>(std::move(view));
  }
  return UnknownSink();
}

}  // namespace sluice::load

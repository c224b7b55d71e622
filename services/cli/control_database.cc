#include "cli/control_database.h"

#include "common/base/status.h"
#include "control/postgres_control_store.h"
#include "control/sqlite_control_store.h"
#include "load/open_sink.h"

namespace sluice::cli {

absl::StatusOr<std::unique_ptr<control::ControlStore>> OpenControlStore(
    const config::Settings& settings, const DataDirectory& directory, const base::Clock& clock,
    base::Random& random) {
  const std::string& url = settings.control.database;
  if (url.empty()) {
    database::SqliteOptions options;
    options.path = directory.control();
    options.cache_bytes = 8 << 20;
    SLUICE_ASSIGN_OR_RETURN(auto store, control::SqliteControlStore::Open(options, clock, random));
    return std::unique_ptr<control::ControlStore>(std::move(store));
  }
  if (!load::IsPostgresUrl(url)) {
    return absl::InvalidArgumentError(
        "control.database is postgresql://USER@HOST/DATABASE, or empty for control.db");
  }
  control::PostgresControlOptions options;
  options.connection.connection = load::PostgresConnectionOf(url);
  SLUICE_ASSIGN_OR_RETURN(
      options.owner, load::OwnerConnection(options.connection.connection, settings.postgres.owner));
  return std::unique_ptr<control::ControlStore>(
      std::make_unique<control::PostgresControlStore>(std::move(options), clock, random));
}

}  // namespace sluice::cli

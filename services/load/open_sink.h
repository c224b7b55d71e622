// Opens the sink a URL names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/ulid.h"
#include "load/sink.h"

namespace sluice::load {

// How a sink is opened besides its URL.
struct OpenSinkOptions {
  // PostgreSQL: connection string of the role that makes and upgrades tables. Its keywords replace
  // the URL's, so "user=sluice_owner" is enough; empty = the URL's role.
  std::string postgres_owner;
  // Records it was given: one that should be there is not made anew in its place.
  uint64_t given = 0;
};

// True for URLs of PostgreSQL: "postgres:URL", "postgres://..." and "postgresql://...".
bool IsPostgresUrl(std::string_view url);

// The connection string in such a URL: "postgres:" may stand before a whole one.
std::string_view PostgresConnectionOf(std::string_view url);

// The connection string of the role that makes tables: `owner`'s keywords replace `connection`'s.
// Empty when there is no owner. InvalidArgument when either cannot be read.
absl::StatusOr<std::string> OwnerConnection(std::string_view connection, std::string_view owner);

// "sqlite:PATH" or a PostgreSQL URL. InvalidArgument for anything else, without repeating it: it
// may hold a password. FailedPrecondition when it was given records and is not there. PostgreSQL:
// Unavailable while the server cannot be reached.
absl::StatusOr<std::unique_ptr<Sink>> OpenSink(std::string_view url, const OpenSinkOptions& options,
                                               base::Random& random);

// What stands in such a sink at this moment, to be read without touching it. One that is not there
// has no rows.
absl::StatusOr<std::unique_ptr<SinkView>> OpenSinkView(std::string_view url);

}  // namespace sluice::load

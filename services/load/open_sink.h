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
  // PostgreSQL: connection string of the role that makes and upgrades tables; empty = the URL's.
  std::string postgres_owner;
};

// True for URLs of PostgreSQL: "postgres:URL", "postgres://..." and "postgresql://...".
bool IsPostgresUrl(std::string_view url);

// "sqlite:PATH" or a PostgreSQL URL. InvalidArgument for anything else, without repeating it: it
// may hold a password. PostgreSQL: Unavailable while the server cannot be reached.
absl::StatusOr<std::unique_ptr<Sink>> OpenSink(std::string_view url, const OpenSinkOptions& options,
                                               base::Random& random);

}  // namespace sluice::load

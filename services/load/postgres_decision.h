// Answers that are remembered, in a PostgreSQL sink and a view of one.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/database/postgres.h"
#include "load/sink_view.h"

namespace sluice::load {

// Nothing when there is none. The table must be there.
absl::StatusOr<std::optional<Decision>> ReadPostgresDecision(
    database::PostgresConnection& connection, std::string_view dataset, std::string_view identity);

}  // namespace sluice::load

// Answers that are remembered, in an SQLite sink and a view of one.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/database/sqlite.h"
#include "load/sink_view.h"

namespace sluice::load {

// Nothing when there is none. The table must be there.
absl::StatusOr<std::optional<Decision>> ReadSqliteDecision(database::SqliteConnection& connection,
                                                           std::string_view dataset,
                                                           std::string_view identity);

}  // namespace sluice::load

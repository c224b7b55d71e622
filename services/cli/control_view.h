// Control's database as a verb sees it that only looks: read-only, while another process may work.
#pragma once

#include <memory>
#include <string>

#include "cli/command_line.h"
#include "control/sqlite_control_store.h"

namespace sluice::cli {

// Null when the data directory has no database yet.
absl::StatusOr<std::unique_ptr<control::SqliteControlStore>> OpenControlView(
    CommandContext& context, const std::string& data_dir);

}  // namespace sluice::cli

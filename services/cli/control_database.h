// Control's database, as the settings say.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/data_directory.h"
#include "common/base/clock.h"
#include "common/base/ulid.h"
#include "common/config/settings.h"
#include "control/control_store.h"

namespace sluice::cli {

// PostgreSQL where `control.database` says so, else control.db of the data directory.
// InvalidArgument names the setting. A PostgreSQL server that is away is not noticed here: the
// store's calls are Unavailable until it is there.
absl::StatusOr<std::unique_ptr<control::ControlStore>> OpenControlStore(
    const config::Settings& settings, const DataDirectory& directory, const base::Clock& clock,
    base::Random& random);

}  // namespace sluice::cli

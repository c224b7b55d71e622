// How much room there is where a process keeps its data.
#pragma once

#include <string>

#include "common/telemetry/metrics.h"

namespace sluice::cli {

// Looks at every scrape, while the registration lasts.
[[nodiscard]] telemetry::Registry::Registration CollectDiskMetrics(telemetry::Registry& registry,
                                                                   const std::string& data_dir);

}  // namespace sluice::cli

#include "cli/disk_metrics.h"

#include <filesystem>

namespace sluice::cli {

telemetry::Registry::Registration CollectDiskMetrics(telemetry::Registry& registry,
                                                     const std::string& data_dir) {
  telemetry::Gauge free = registry.MakeGauge(
      {"sluice_disk_free_bytes", "Room on the disk of the data directory.", {}, {}});
  telemetry::Gauge size =
      registry.MakeGauge({"sluice_disk_size_bytes", "Size of that disk.", {}, {}});
  return registry.AddCollector([free, size, data_dir]() mutable {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(data_dir, error);
    // The last figures stand.
    if (error) return;
    free.Set(static_cast<double>(space.available));
    size.Set(static_cast<double>(space.capacity));
  });
}

}  // namespace sluice::cli

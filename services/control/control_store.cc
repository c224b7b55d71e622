#include "control/control_store.h"

#include <fmt/format.h>

namespace sluice::control {

absl::Status CheckBinding(const Installation& installation, std::string_view log_id) {
  if (installation.log_id == log_id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the control database belongs to log {}, not to {}: restore both from one backup",
                  installation.log_id, log_id));
}

absl::Status NoSuchImport(std::string_view id) {
  return absl::NotFoundError(
      fmt::format("there is no import {}; `sluice imports list` shows them", id));
}

absl::StatusOr<std::string> OnlyId(const std::vector<std::string>& ids, std::string_view given) {
  if (ids.size() == 1) return ids[0];
  if (ids.empty()) {
    return absl::NotFoundError(
        fmt::format("there is no import '{}'; `sluice imports list` shows them", given));
  }
  return absl::InvalidArgumentError(
      fmt::format("several imports begin with '{}'; give more characters", given));
}

}  // namespace sluice::control

#include "control/wire_refusal.h"

#include "common/base/status.h"

namespace sluice::control {

absl::Status ToWire(const absl::Status& status, const Refusal& refusal) {
  if (refusal.status.ok()) return status;
  const auto as = [&](absl::StatusCode code) {
    return absl::Status(code, std::string(base::Message(status)));
  };
  switch (refusal.kind) {
    case RefusalKind::kUsage:
      return as(absl::StatusCode::kInvalidArgument);
    case RefusalKind::kConflict:
      return as(absl::StatusCode::kFailedPrecondition);
    case RefusalKind::kFile:
      return as(absl::StatusCode::kOutOfRange);
    case RefusalKind::kWorld:
      return status;
  }
  return status;
}

bool IsLocal(std::string_view peer) {
  return peer.starts_with("unix:");
}

}  // namespace sluice::control

// What ImportService says on the wire of who calls, and of why it refuses.
#pragma once

#include <string_view>

#include "control/import_starter.h"

namespace sluice::control {

// The code a refusal has on the wire; import_service.proto lists them.
absl::Status ToWire(const absl::Status& status, const Refusal& refusal);

// Whether a caller, as gRPC names it, came through the socket in the file system.
bool IsLocal(std::string_view peer);

}  // namespace sluice::control

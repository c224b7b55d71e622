// What ImportService says on the wire of who calls, and of why it refuses.
#pragma once

#include <grpcpp/server_context.h>

#include "control/import_starter.h"

namespace sluice::control {

// The code a refusal has on the wire; import_service.proto lists them.
absl::Status ToWire(const absl::Status& status, const Refusal& refusal);

// Whether the caller came through the socket in the file system.
bool IsLocal(const grpc::ServerContext& context);

}  // namespace sluice::control

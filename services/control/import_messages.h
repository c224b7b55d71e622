// An import on the wire, and back.
#pragma once

#include "absl/status/statusor.h"
#include "control/import_record.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::control {

controlpb::Import ToMessage(const ImportRecord& import);
ImportRecord FromMessage(const controlpb::Import& message);

}  // namespace sluice::control

// An import on the wire, and back.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/import_record.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::control {

controlpb::Import ToMessage(const ImportRecord& import);
ImportRecord FromMessage(const controlpb::Import& message);

// A time as control keeps it, as text; the infinite past when it is none.
absl::Time TimeOf(const std::string& text);

}  // namespace sluice::control

// What `sluice import` reads instead of a file: kafka:TOPIC, with ?value=protobuf&schema=FILE&
// message=NAME where its values are protobuf messages and not JSON objects.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::cli {

bool IsTopicAddress(std::string_view given);

// Fills in what the address says. InvalidArgument when it is none; reads the schema's file.
absl::Status TakeTopicAddress(std::string_view given, control::v1::ImportOptions& options);

}  // namespace sluice::cli

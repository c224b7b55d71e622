// What --sink says, and the name a sink has in topics and history.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "control/control_store.h"

namespace sluice::cli {

// "sqlite:PATH"; empty = sink.db of the data directory. Unimplemented for kinds that come later.
absl::StatusOr<control::SinkRecord> ParseSink(std::string_view given, const std::string& data_dir);

// The path of an sqlite sink's URL.
std::string SqlitePath(const control::SinkRecord& sink);

}  // namespace sluice::cli

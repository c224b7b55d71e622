// What --sink and the setting `sinks` say, and the name a sink has in topics and history.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "control/control_store.h"

namespace sluice::cli {

// A sink as it was named.
struct SinkAddress {
  // What may be stored and shown: its URL has no password.
  control::SinkRecord record;
  // What opens it; may hold a password.
  std::string open_url;
};

// "sqlite:PATH", or a PostgreSQL database as "postgresql://..." or "postgres:" before a connection
// string; empty = sink.db of the data directory. InvalidArgument never repeats what was given.
absl::StatusOr<SinkAddress> ParseSink(std::string_view given, const std::string& data_dir);

}  // namespace sluice::cli

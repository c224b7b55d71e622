// Waits for the end of an import that a running control works on, with its progress on the
// terminal.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "control/import_record.h"

namespace sluice::cli {

// For as long control may be away.
inline constexpr absl::Duration kControlPatience = absl::Minutes(1);

// The import as it ended. Cancelled when a signal came: what is interrupted here goes on there.
// `start_nanos`, monotonic: when the command began.
absl::StatusOr<control::ImportRecord> AwaitThere(CommandContext& context, const rpc::Peer& server,
                                                 control::ImportRecord import, int64_t start_nanos);

// The exit code for an import that could not be waited for.
int ReportNotAwaited(const std::string& import_id, const absl::Status& status);

}  // namespace sluice::cli

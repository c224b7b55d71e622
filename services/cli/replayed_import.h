// The import that `sluice replay` is given.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "cli/sink_address.h"
#include "control/import_record.h"

namespace sluice::cli {

// By id, unique prefix or "last"; asks whoever is in charge. "last" is never a replay that still
// runs, but what that replays: so the same command again goes on with it. NotFound says how to list
// what there is, Unavailable that a control does not answer.
absl::StatusOr<control::ImportRecord> FindReplayedImport(CommandContext& context,
                                                         const config::LoadedSettings& loaded,
                                                         const std::string& given);

// The sink of an import of this data directory, as it is opened now.
absl::StatusOr<SinkAddress> SinkOfImport(CommandContext& context, const config::Settings& settings,
                                         const control::ImportRecord& import);

}  // namespace sluice::cli

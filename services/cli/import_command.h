// `sluice import` and `sluice replay`: both start an import, wait for it and say how it ended.
#pragma once

#include "cli/command_line.h"
#include "cli/import_choices.h"

namespace sluice::cli {

// The exit code.
int RunImport(CommandContext& context, ImportOptions& options);

}  // namespace sluice::cli

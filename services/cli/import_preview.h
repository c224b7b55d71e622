// Shows a preview while and after it is made, wherever that happens.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "control/previewer.h"

namespace sluice::cli {

struct PreviewShowOptions {
  // A file for every change, as JSON lines; empty = none.
  std::string changes;
  // Of a replay: rows that differ from the old plan, instead of changes.
  bool compare = false;
  // Verb and command line without --dry-run and --compare.
  std::vector<std::string> arguments;
};

using PreviewMaker =
    std::function<absl::StatusOr<control::controlpb::Preview>(const control::PreviewEvents&)>;

// The exit code.
int ShowPreview(CommandContext& context, const PreviewShowOptions& options,
                const PreviewMaker& make);

// Done, or done with rows that need attention.
ExitCode CodeOfCounts(const control::ImportCounts& counts);

}  // namespace sluice::cli

// What a person on a terminal is asked before an import without a mapping: whether the file was
// understood. On stderr, answered on stdin.
#pragma once

#include <functional>
#include <string>

#include "cli/command_line.h"
#include "cli/inspection.h"
#include "common/formats/inspect.h"
#include "common/plan/dataset.h"

namespace sluice::cli {

enum class Answer { kImport, kDryRun, kNothing };

// True when there is somebody to ask.
bool OnTerminal();

// `complete` adds what a look at the file alone does not tell. Shows columns, suggested mapping and
// the first rows, and asks once; who declines is told how to go on. A file that cannot be looked at
// is imported, for the import says why not.
Answer AskOnTerminal(const CommandContext& context, const std::string& file,
                     const formats::InspectOptions& options, const plan::planpb::Dataset& dataset,
                     const std::function<void(Inspection&)>& complete);

}  // namespace sluice::cli

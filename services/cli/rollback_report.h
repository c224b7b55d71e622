// What a rollback has done, and what it has left: for people and for programs.
#pragma once

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "control/import_record.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::cli {

// What an import's rollbacks have left, in the order it came.
absl::Status VisitConflicts(
    ControlView& view, const control::ImportRecord& import,
    const std::function<absl::Status(const control::recordpb::Issue&)>& visit);

// To stdout: counts, the first of what stays, and what may be done next; as JSON the summary of the
// import with all that stays.
absl::Status PrintRollback(CommandContext& context, ControlView& view,
                           const control::ImportRecord& import);

// What a rollback would do.
void PrintRollbackPreview(CommandContext& context,
                          const control::controlpb::PreviewRollbackResponse& preview);

// The counts as lines of text.
std::string RollbackCounts(const CommandContext& context,
                           const control::recordpb::UndoTotals& totals);
// One thing that stays.
std::string ConflictText(const CommandContext& context, const control::recordpb::Issue& issue);
std::string ConflictJson(const control::recordpb::Issue& issue);

}  // namespace sluice::cli

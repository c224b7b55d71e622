// What an import, or a preview of one, came to: for people in their language, for programs as one
// JSON object. On stdout.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "control/import_record.h"
#include "sluice/control/v1/backup_service.pb.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::cli {

// The word as a shell takes it.
std::string ShellWord(const std::string& word);

// Where a verb found what it did, so that the next commands find it too. Empty = as usual.
struct SummaryPlace {
  std::string data_dir;
  std::string sink;
  // Of the control that was asked; empty = this process did it.
  std::string server;
  // Made before it; without an id when none was.
  control::controlpb::Backup backup;
};

// Counts that add up, one line each, then what to do next.
void PrintSummary(const CommandContext& context, const control::ImportRecord& import,
                  const SummaryPlace& place);

// One change as a JSON object: row, outcome, id, and for each field what is there and what would
// be.
std::string ChangeJson(const control::controlpb::RowChange& change);

// Its fields for people: what is there and what would be, or what a new row would hold. `plan` is
// the one that the change is of.
std::string ChangeText(const CommandContext& context, const control::planpb::Plan& plan,
                       const control::controlpb::RowChange& change);

// How to do what a dry run has shown. `arguments` as below.
void PrintConfirmation(const CommandContext& context, const std::string& hash,
                       const std::vector<std::string>& arguments);

// What becomes of what a replayed import wrote; nothing for an empty id.
void PrintStaying(const CommandContext& context, const std::string& replayed);

// `arguments`: verb and command line of the dry run without --dry-run, for the command that
// confirms it.
void PrintPreview(const CommandContext& context, const control::controlpb::Preview& preview,
                  const std::vector<std::string>& arguments);

}  // namespace sluice::cli

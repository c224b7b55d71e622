// What `sluice import` and `sluice replay` were told, and what follows from it in both ways to run.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/command_line.h"
#include "common/formats/reading_choice.h"
#include "control/import_starter.h"
#include "sluice/control/v1/import_service.pb.h"

namespace sluice::cli {

struct ImportOptions {
  std::string file;
  // Of `sluice replay`, instead of a file: the import that is meant, by id, prefix or "last".
  std::string replayed;
  std::string dataset;
  std::string mapping;
  std::string profile;
  // 0 = the newest.
  uint32_t profile_version = 0;
  std::string sheet;
  std::string member;
  formats::ReadingChoice reading;
  std::string sink;
  std::string on_duplicate;
  std::string in_file;
  std::string confirm;
  std::string changes;
  // Where to; "true": where the setting backup.dir says. Empty: no backup.
  std::string backup;
  bool no_profile = false;
  bool dry_run = false;
  // Of `sluice replay`: a dry run that shows what differs from the old plan.
  bool compare = false;
  bool start_new = false;
  bool yes = false;
};

// Adds the options to the verb: those of an import, and those of a replay.
void AddImportOptions(Verb& verb, ImportOptions& options);
void AddReplayOptions(Verb& verb, ImportOptions& options);

// InvalidArgument when they contradict each other.
absl::Status CheckImportOptions(const ImportOptions& options);

// The mapping, whose text is given too, and the dataset, which may be said in two places.
absl::Status FillChoices(const ImportOptions& options, control::StartRequest& request,
                         std::string& mapping_text);

// The same for a running control, but the sink and the import that is replayed. What nobody has
// said, control assumes, or takes from a profile.
control::controlpb::ImportOptions RemoteChoices(const ImportOptions& options,
                                                const control::StartRequest& request,
                                                const std::string& mapping_text);

// The verb and its command line again, without what only this run was told. `sink` has no password.
std::vector<std::string> ImportArguments(const ImportOptions& options, const std::string& sink,
                                         const GlobalOptions& global);

}  // namespace sluice::cli

// Replay: an import's stored file read again under a new plan, as a new import that names the old
// one (docs/replay.md). The old import stays as it is, and so does what it wrote, but where the new
// one writes over it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "control/import_starter.h"

namespace sluice::control {

// OK for an import that has ended and whose source was a file. FailedPrecondition while it has not
// ended; OutOfRange for a stream, of which nothing is kept that could be read again.
absl::Status CheckReplayable(const ImportRecord& import);

// Makes the request, which holds what was said now, one for a replay of the import: where its file
// was, and what was not said as it was then. Without a mapping and a profile, the mapping that the
// old plan was made by. Errors as above, and they are refusals; InvalidArgument when what was said
// does not fit together.
absl::Status FillReplay(const ImportRecord& replayed, StartRequest& request, Refusal& refusal);

// The file to be read again. OutOfRange, as a refusal, when it is no longer stored.
absl::StatusOr<uploads::StoredUpload> FindReplayed(const ImportRecord& replayed,
                                                   const uploads::UploadStore& uploads,
                                                   Refusal& refusal);

// How one table of a file is to be read.
struct TableChoice {
  std::string sheet;
  std::string member;
  formats::ReadingChoice reading;
};

// What was not said of how the file is read, as the old plan read it: the file of an archive, the
// sheet, encoding and delimiter, and of the same sheet the header's row.
void KeepReading(const planpb::Plan& replayed, TableChoice& choice);

}  // namespace sluice::control

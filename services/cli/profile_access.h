// Saved mappings as a verb sees them: in the data directory, or those of a running control.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "control/profile_book.h"

namespace sluice::cli {

// Thread-compatible. Statuses as control::ProfileBook; Unavailable when a running control does not
// answer.
class ProfileAccess {
 public:
  virtual ~ProfileAccess() = default;
  virtual absl::StatusOr<control::controlpb::Profile> Save(
      const control::controlpb::SaveProfileRequest& request) = 0;
  // Without the mappings' texts.
  virtual absl::StatusOr<std::vector<control::controlpb::Profile>> List() = 0;
  virtual absl::StatusOr<control::FoundProfile> Get(const std::string& name, uint32_t version) = 0;
  virtual absl::Status Delete(const std::string& name) = 0;
  virtual absl::StatusOr<std::vector<control::controlpb::ProfileMatch>> Match(
      const std::vector<std::string>& columns) = 0;
};

// Whom the verb was told to ask, else the data directory: looked at as it is, or with `writes` held
// until the access goes.
absl::StatusOr<std::unique_ptr<ProfileAccess>> OpenProfiles(CommandContext& context,
                                                            const config::LoadedSettings& loaded,
                                                            bool writes);

// Those that fit a file with these columns, best first. None where nobody can be asked: a look at a
// file needs no control.
std::vector<control::controlpb::ProfileMatch> FittingProfiles(
    CommandContext& context, const config::LoadedSettings& loaded,
    const std::vector<std::string>& columns);

}  // namespace sluice::cli

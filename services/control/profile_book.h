// Mappings that are kept under a name: what the command line and ProfileService do with control's
// database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control/control_store.h"
#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::control {

struct FoundProfile {
  controlpb::Profile profile;
  // All there are, ascending.
  std::vector<uint32_t> versions;
};

// Thread-safe. The store outlives it.
class ProfileBook {
 public:
  explicit ProfileBook(ControlStore& store) : store_(store) {}

  // A new version. InvalidArgument when the name is none, or the mapping cannot be read.
  absl::StatusOr<controlpb::Profile> Save(const controlpb::SaveProfileRequest& request);
  // The newest of each, by name.
  absl::StatusOr<std::vector<controlpb::Profile>> List() { return store_.ReadProfiles({}); }
  // The newest for version 0. NotFound says what there is.
  absl::StatusOr<FoundProfile> Get(const std::string& name, uint32_t version);
  // NotFound as in Get.
  absl::Status Delete(const std::string& name);
  absl::StatusOr<std::vector<controlpb::ProfileMatch>> Match(
      const std::vector<std::string>& columns);
  // The one that an import of a file with these columns uses by itself; `dataset` empty = any.
  // FailedPrecondition when several fit exactly.
  absl::StatusOr<std::optional<controlpb::Profile>> Choose(const std::vector<std::string>& columns,
                                                           const std::string& dataset);

 private:
  absl::Status NoSuchProfile(const std::string& name);

  ControlStore& store_;
};

}  // namespace sluice::control

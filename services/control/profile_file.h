// A profile as a YAML file that goes from one installation to another: its name, the headers of the
// file it is for, and the mapping as it was written.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::control {

namespace controlpb = ::sluice::control::v1;

std::string FormatProfile(const controlpb::Profile& profile);
// What a save of the file's profile asks for. InvalidArgument says origin:line:column.
absl::StatusOr<controlpb::SaveProfileRequest> ParseProfile(std::string_view yaml,
                                                           std::string_view origin);

}  // namespace sluice::control

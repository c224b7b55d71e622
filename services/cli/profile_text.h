// Saved mappings in words and in JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/language.h"
#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::cli {

namespace controlpb = ::sluice::control::v1;

// One JSON object without the mapping; keys are in docs/mapping.md.
std::string ProfileJson(const controlpb::Profile& profile);
std::string ProfileMatchJson(const controlpb::ProfileMatch& match);
// A JSON list of texts.
std::string TextsJson(const google::protobuf::RepeatedPtrField<std::string>& texts);
// RFC 3339.
std::string SavedAt(const controlpb::Profile& profile);

// "exactly", or what differs.
std::string DifferenceText(const controlpb::ProfileMatch& match, Language language);

}  // namespace sluice::cli

#include "control/profile_book.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/plan/mapping_file.h"
#include "control/profile_match.h"

namespace sluice::control {
namespace {

constexpr size_t kNameBytesMax = 100;
// Plans, which hold what mappings say, are messages of less than a megabyte.
constexpr size_t kMappingBytesMax = 256u << 10;

absl::Status CheckName(std::string_view name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/';
  });
  const bool fits = !name.empty() && name.size() <= kNameBytesMax && name[0] != '-' && !control &&
                    name[0] != ' ' && name.back() != ' ';
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the name of a profile has 1 to 100 bytes, no '/', and begins with no '-'");
}

// The headers a mapping reads, each once.
std::vector<std::string> HeadersReadBy(const plan::MappingFile& mapping) {
  std::vector<std::string> headers;
  for (const plan::MappedColumn& column : mapping.columns) {
    for (const std::string& name : column.from) {
      if (std::find(headers.begin(), headers.end(), name) == headers.end()) headers.push_back(name);
    }
  }
  return headers;
}

// Of several sheets, all of theirs: for people to read, each entry says its own.
std::string DatasetsOf(const plan::MappingFile& mapping) {
  std::string names = mapping.dataset;
  for (const plan::MappingFile& sheet : mapping.sheets) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", sheet.dataset);
  }
  return names.empty() ? "customers" : names;
}

}  // namespace

absl::StatusOr<controlpb::Profile> ProfileBook::Save(const controlpb::SaveProfileRequest& request) {
  SLUICE_RETURN_IF_ERROR(CheckName(request.name()));
  const std::string origin = request.mapping_name().empty() ? "mapping" : request.mapping_name();
  if (request.mapping().size() > kMappingBytesMax) {
    return absl::InvalidArgumentError(
        fmt::format("{}: a saved mapping has at most {} bytes", origin, kMappingBytesMax));
  }
  SLUICE_ASSIGN_OR_RETURN(const plan::MappingFile mapping,
                          plan::ParseMapping(request.mapping(), origin));
  controlpb::Profile profile;
  profile.set_name(request.name());
  profile.set_mapping(request.mapping());
  profile.set_dataset(DatasetsOf(mapping));
  *profile.mutable_columns() = request.columns();
  if (profile.columns().empty()) {
    for (const std::string& header : HeadersReadBy(mapping)) profile.add_columns(header);
  }
  return store_.SaveProfile(profile);
}

absl::Status ProfileBook::NoSuchProfile(const std::string& name) {
  SLUICE_ASSIGN_OR_RETURN(const auto profiles, List());
  std::vector<std::string> names;
  for (const controlpb::Profile& profile : profiles) names.push_back(profile.name());
  return absl::NotFoundError(
      fmt::format("there is no profile '{}'{}; there {}", name, base::DidYouMean(name, names),
                  names.empty() ? "is none yet: `sluice profile save NAME MAPPING.yaml` makes one"
                                : fmt::format("are: {}", fmt::join(names, ", "))));
}

absl::StatusOr<FoundProfile> ProfileBook::Get(const std::string& name, uint32_t version) {
  if (name.empty()) return absl::InvalidArgumentError("the name of the profile is empty");
  SLUICE_ASSIGN_OR_RETURN(auto profiles, store_.ReadProfiles(name));
  if (profiles.empty()) return NoSuchProfile(name);
  FoundProfile found;
  for (const controlpb::Profile& profile : profiles) found.versions.push_back(profile.version());
  if (version == 0) version = found.versions.back();
  const auto at = std::find(found.versions.begin(), found.versions.end(), version);
  if (at == found.versions.end()) {
    return absl::NotFoundError(fmt::format("profile '{}' has no version {}; it has: {}", name,
                                           version, fmt::join(found.versions, ", ")));
  }
  found.profile = std::move(profiles[static_cast<size_t>(at - found.versions.begin())]);
  return found;
}

absl::Status ProfileBook::Delete(const std::string& name) {
  SLUICE_RETURN_IF_ERROR(Get(name, 0).status());
  return store_.DeleteProfile(name);
}

absl::StatusOr<std::vector<controlpb::ProfileMatch>> ProfileBook::Match(
    const std::vector<std::string>& columns) {
  SLUICE_ASSIGN_OR_RETURN(const auto profiles, List());
  return MatchProfiles(profiles, columns);
}

absl::StatusOr<std::optional<controlpb::Profile>> ProfileBook::Choose(
    const std::vector<std::string>& columns, const std::string& dataset) {
  SLUICE_ASSIGN_OR_RETURN(auto matches, Match(columns));
  std::erase_if(matches, [&](const controlpb::ProfileMatch& match) {
    return !match.exact() || (!dataset.empty() && match.profile().dataset() != dataset);
  });
  if (matches.empty()) return std::nullopt;
  if (matches.size() == 1) return std::move(*matches[0].mutable_profile());
  std::vector<std::string> names;
  for (const controlpb::ProfileMatch& match : matches) names.push_back(match.profile().name());
  return absl::FailedPreconditionError(
      fmt::format("several profiles are for files of exactly this shape: {}; name one with "
                  "--profile, or give --no-profile",
                  fmt::join(names, ", ")));
}

}  // namespace sluice::control

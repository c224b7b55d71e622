// Which saved mappings fit a file, by its headers alone.
#pragma once

#include <string>
#include <vector>

#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::control {

namespace controlpb = ::sluice::control::v1;

// The fingerprint of headers: 16 hexadecimal digits, equal for headers that differ in case, width
// and white space only. In any order, unless `ordered`. What Sluice itself adds to rows that are to
// be mended does not count. Units in brackets do: 金额(元) is not 金额(万元).
std::string FingerprintOf(const std::vector<std::string>& columns, bool ordered);

// An expression reads cells by their number, so the order of the columns matters to the mapping.
bool ReadsByPosition(std::string_view mapping);

// Best first: those of exactly this shape, then at most three of which half of all headers are the
// same. Profiles without headers fit nothing. Thread-safe.
std::vector<controlpb::ProfileMatch> MatchProfiles(const std::vector<controlpb::Profile>& profiles,
                                                   const std::vector<std::string>& columns);

}  // namespace sluice::control

// The normal form of an e-mail address.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// Local part and domain in lower case, the domain as IDNA A-labels (UTS 46, non-transitional). The
// local part is a dot-atom, in which letters of any script may be; lengths are those of RFC 5321
// (64 for the local part, 255 for the domain, 254 in all); the domain has at least two labels, and
// the last is not a number. `mailto:` and `Name <address>` are unwrapped.
// The text has had the text repairs. An empty text is refused. Thread-compatible.
class EmailNormalizer {
 public:
  ValueResult Normalize(std::string_view text, std::string& buffer) const;
  // The same without the short way for plain ASCII addresses.
  ValueResult NormalizeFull(std::string_view text, std::string& buffer) const;
};

}  // namespace sluice::normalize

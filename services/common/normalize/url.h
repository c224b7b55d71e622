// The normal form of a web address.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// Scheme (http, https, ftp) and host in lower case, the rest as typed. A bare host of at least two
// labels, the last not a number, with or without port and path, gets `http://`. A host may be in
// any script and stays so. Repair url_normalized when that changed the text; else invalid_url. The
// text has had the text repairs. Thread-safe.
ValueResult NormalizeUrl(std::string_view text, std::string& buffer);

}  // namespace sluice::normalize

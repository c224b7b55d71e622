// The domain of a company: what its web address and the e-mail addresses of its people share.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// Takes a host, a web address or an e-mail address; gives the host in lower case without `www.` and
// port. Else invalid_domain; so are the hosts of mail providers (qq.com, gmail.com) in an e-mail
// address, which tell of no company. Nothing is reported as a repair: the domain is another value
// than the address. The text has had the text repairs. Thread-safe.
ValueResult NormalizeDomain(std::string_view text, std::string& buffer);

}  // namespace sluice::normalize

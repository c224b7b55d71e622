// Files in PEM that are named in settings.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::rpc {

// OK when the file can be read and is PEM, else InvalidArgument names the setting. What it holds is
// not looked at further.
absl::Status CheckPem(const std::string& path, std::string_view setting);

}  // namespace sluice::rpc

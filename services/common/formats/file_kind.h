// Tells files that hold no rows of text by their first bytes.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace sluice::formats {

// OK when `head`, the first bytes of a file, may be text. Else InvalidArgument that says what the
// file is and what its owner can do.
absl::Status CheckIsText(std::string_view head, std::string_view file_name);

// The error for bytes that are no text of any kind.
absl::Status BinaryFileError(std::string_view file_name);

}  // namespace sluice::formats

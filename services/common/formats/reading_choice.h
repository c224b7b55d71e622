// What a person says of a file that was not understood, as `inspect` and `import` take it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/formats/inspect.h"

namespace sluice::formats {

struct ReadingChoice {
  // A name or alias of an encoding; empty = found out.
  std::string encoding;
  // One character, or `tab`; empty = found out.
  std::string delimiter;
  // From 1; 0 = the file has no header.
  std::optional<uint64_t> header_row;

  bool empty() const { return encoding.empty() && delimiter.empty() && !header_row.has_value(); }
};

// InvalidArgument names the switch.
absl::Status Apply(const ReadingChoice& choice, InspectOptions& options);

}  // namespace sluice::formats

// The dialect of open_rows.h once more, as plainly as it can be said: one character at a time over
// the whole text. What the reader is held to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {

// The rows of a text that is UTF-8 without a header.
std::vector<OwnedRow> ReferenceRows(std::string_view text, char delimiter, char quote,
                                    size_t row_bytes);

}  // namespace sluice::formats

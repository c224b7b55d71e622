// How much decoded text reads like what people write in the languages of an encoding.
#pragma once

#include <string_view>

#include "common/formats/source_shape.h"

namespace sluice::formats {

// About 1 when `text`, decoded from `encoding`, has the letters its language uses most, 0 when it
// has none of them, below 0 when bytes had to be replaced (`replaced` times U+FFFD).
double ReadingScore(Encoding encoding, std::string_view text, size_t replaced);

}  // namespace sluice::formats

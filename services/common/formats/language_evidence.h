// How much decoded text reads like what people write in the languages of an encoding.
#pragma once

#include <string_view>

#include "common/formats/encoding.h"

namespace sluice::formats {

// About 1 when `text`, decoded from `encoding`, has the letters its language uses most, 0 when it
// has none of them, below 0 when bytes had to be replaced (`replaced` times U+FFFD).
double ReadingScore(Encoding encoding, std::string_view text, size_t replaced);

// How much better `text` reads than `other` where the two differ, both decoded from encodings of
// one byte a character of an alphabet: the mean over the characters that differ, 2 at most; 0 when
// none does.
double DifferenceScore(Script script, std::string_view text, std::string_view other);

}  // namespace sluice::formats

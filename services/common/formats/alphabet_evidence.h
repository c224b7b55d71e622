// How well a character of an alphabet stands between its neighbours.
#pragma once

#include <vector>

#include "common/formats/encoding.h"

namespace sluice::formats {

// The letters that are met most in a script that is written with an alphabet, sorted, both cases
// where it has cases. Empty for the others.
const std::vector<char32_t>& CommonLetters(Script script);

// What one character that is not ASCII says for text in `script`: 1 when it is a letter that is met
// often and has a place there, 0 when it is no letter, down to -1 where nobody writes it (a capital
// after a small letter, a Thai tone mark after a space, a control).
double AlphabetWeight(Script script, char32_t before, char32_t c, char32_t after);

}  // namespace sluice::formats

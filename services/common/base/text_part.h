// One part of a text with separators.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::base {

// The part of this number, from 1, or from the end: -1 is the last. Empty when there is none. The
// separator is not empty.
std::string_view TextPart(std::string_view text, std::string_view separator, int64_t number);

}  // namespace sluice::base

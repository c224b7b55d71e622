// What is well-formed UTF-8 (Unicode 15, table 3-7). Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::base {

// Bytes of the character at `at`, which is within the text; 0 when it is ill-formed or cut off.
size_t Utf8Length(std::string_view text, size_t at);
// Where the first ill-formed character begins.
std::optional<size_t> FindIllFormedUtf8(std::string_view text);

}  // namespace sluice::base

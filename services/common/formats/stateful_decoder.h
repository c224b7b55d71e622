// Decodes ISO-2022 and HZ, where escapes say what the bytes after them mean.
#pragma once

#include <memory>

#include "common/formats/text_decoder.h"

namespace sluice::formats {

// Bytes of one stretch that is not ASCII; a longer one is cut and told as replaced.
inline constexpr size_t kLongestStretch = size_t{64} * 1024;

// Bytes at the start of `bytes` after which ASCII is meant again, so that decoding can begin anew
// there. `encoding` is stateful.
size_t SettledLength(Encoding encoding, std::string_view bytes);

// `plain` decodes the encoding from a settled place on. Thread-compatible.
std::unique_ptr<TextDecoder> MakeStatefulDecoder(Encoding encoding,
                                                 std::unique_ptr<TextDecoder> plain);

}  // namespace sluice::formats

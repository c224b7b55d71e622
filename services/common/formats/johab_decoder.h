// Decodes Johab, the Korean encoding before Windows, by the C library: ICU lacks it.
#pragma once

#include <memory>

#include "common/formats/text_decoder.h"

namespace sluice::formats {

// Nothing where the C library was installed without its converters (glibc's gconv modules).
std::unique_ptr<TextDecoder> MakeJohabDecoder();

}  // namespace sluice::formats

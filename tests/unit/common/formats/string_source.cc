#include "tests/unit/common/formats/string_source.h"

#include <unicode/ucnv.h>

namespace sluice::formats {

std::string Encode(std::string_view text, const char* encoding) {
  UErrorCode error = U_ZERO_ERROR;
  std::string out(text.size() * 8 + 16, '\0');
  const int32_t size = ucnv_convert(encoding, "utf-8", out.data(), static_cast<int32_t>(out.size()),
                                    text.data(), static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return "encoding failed";
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string ToUtf16(std::string_view text, bool big_endian) {
  return Encode(text, big_endian ? "utf-16be" : "utf-16le");
}

}  // namespace sluice::formats

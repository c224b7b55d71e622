#include "common/base/text_part.h"

namespace sluice::base {

std::string_view TextPart(std::string_view text, std::string_view separator, int64_t number) {
  if (number < 0) {
    // Counted from the end: as many parts as separators, and one.
    number += 2;
    for (size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator, at + separator.size())) {
      ++number;
    }
  }
  if (number < 1) return {};
  for (; number > 1; --number) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + separator.size());
  }
  return text.substr(0, text.find(separator));
}

}  // namespace sluice::base

#include "common/spreadsheet/xml_characters.h"

#include <unicode/utf8.h>

namespace sluice::spreadsheet {

void AppendUtf8(uint32_t code, std::string& out) {
  std::array<char, U8_MAX_LENGTH> bytes;
  size_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, code);
  out.append(bytes.data(), length);
}

std::string_view WithoutSpace(std::string_view text) {
  while (!text.empty() && Is(text.front(), kSpace)) text.remove_prefix(1);
  while (!text.empty() && Is(text.back(), kSpace)) text.remove_suffix(1);
  return text;
}

}  // namespace sluice::spreadsheet

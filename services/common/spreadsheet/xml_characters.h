// Characters of XML in UTF-8: classes of bytes for the scanner's own files, and what all who read a
// workbook's texts do with characters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::spreadsheet {

// What a scanner reads at once.
inline constexpr size_t kXmlBlock = size_t{128} * 1024;

// Bits.
enum Class : unsigned char {
  kNameStart = 1,
  kNameRest = 2,
  kSpace = 4,
  // Ends a stretch of plain text.
  kSpecial = 8,
};

constexpr std::array<unsigned char, 256> MakeClasses() {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == ':';
    const bool digit = c >= '0' && c <= '9';
    unsigned char value = 0;
    if (letter || c >= 0x80) value |= kNameStart | kNameRest;
    if (digit || c == '-' || c == '.') value |= kNameRest;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') value |= kSpace;
    if (c == '<' || c == '&' || c == ']' || c == '\r' || c >= 0x80) value |= kSpecial;
    if (c < 0x20 && c != '\t' && c != '\n') value |= kSpecial;
    classes[c] = value;
  }
  return classes;
}

inline constexpr std::array<unsigned char, 256> kClasses = MakeClasses();

inline bool Is(char c, unsigned char classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

// Appends a Unicode scalar value.
void AppendUtf8(uint32_t code, std::string& out);

// The text without XML's white space at its ends.
std::string_view WithoutSpace(std::string_view text);

}  // namespace sluice::spreadsheet

// What the normal forms need to know of Unicode, decided without ICU where the answer is simple.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::normalize {

inline constexpr char32_t kIllFormed = 0xFFFD;

// The character at text[at], which must exist, and `at` behind it. Ill-formed bytes give kIllFormed
// one at a time, and then `well_formed` is false.
char32_t NextCharacter(std::string_view text, size_t& at, bool& well_formed);

// Writes `c` in UTF-8 to `out`, which has room for 4 bytes; returns the end of it.
char* WriteCharacter(char* out, char32_t c);
void AppendCharacter(std::string& out, char32_t c);

// The property White_Space of Unicode.
constexpr bool IsWhiteSpace(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// Controls and invisible characters that text repairs remove: C0, DEL, C1, soft hyphen, zero width
// and directional marks, word joiner, byte order mark.
constexpr bool IsRemoved(char32_t c) {
  if (c < 0x20) return true;
  if (c < 0x7F) return false;
  return c <= 0x9F || c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0xFEFF;
}

// True when NFC can neither change `c` nor join it to a neighbour that is inert too:
// NFC_Quick_Check is Yes and the combining class is 0. Conservative: false also for rare characters
// that are inert.
constexpr bool IsInertInNfc(char32_t c) {
  if (c < 0x300) return true;
  if (c < 0x2000) return false;
  if (c < 0x2070) return c > 0x2001;
  if (c < 0x3000)
    return (c >= 0x20A0 && c <= 0x20BF) || (c >= 0x2190 && c <= 0x2328) ||
           (c >= 0x2460 && c <= 0x2ADB);
  if (c < 0xA000) return !(c >= 0x302A && c <= 0x302F) && c != 0x3099 && c != 0x309A;
  if (c < 0xE000) return c >= 0xAC00 && c <= 0xD7A3;
  if (c < 0xF900) return true;
  if (c < 0x20000) return (c >= 0xFE30 && c <= 0xFFEF) || (c >= 0x1F300 && c <= 0x1FAFF);
  return c < 0x2F800 && c >= 0x20000;
}

// Appends the NFC of `text` to `out`.
void AppendNfc(std::string_view text, std::string& out);
bool IsNfc(std::string_view text);

// Appends `text` in lower case (root locale) to `out`.
void AppendLower(std::string_view text, std::string& out);

// Letters, combining marks and digits: what may be in a name, of whatever script.
bool IsNameCharacter(char32_t c);

}  // namespace sluice::normalize

#include "common/formats/alphabet_evidence.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <string_view>

namespace sluice::formats {
namespace {

// A letter of the script that its languages seldom use, or another's.
constexpr double kRare = 0.4;
constexpr double kForeign = 0.2;

std::string_view SmallLetters(Script script) {
  switch (script) {
    case Script::kWestern:
      return "àáâäãåæçèéêëìíîïñòóôöõøœßùúûü";
    case Script::kCentralEuropean:
      return "ąćęłńóśźżáčďéěíňřšťúůýžäĺľŕôöüőűăâîşţđ";
    case Script::kTurkish:
      return "ğışçöüâîû";
    case Script::kBaltic:
      return "ąčęėįšųūžāēģīķļņõäöüó";
    case Script::kVietnamese:
      return "ăâđêôơưàáèéìíòóùúý";
    case Script::kCyrillic:
      return "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ";
    case Script::kGreek:
      return "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ";
    case Script::kHebrew:
      return "אבגדהוזחטיכלמנסעפצקרשתךםןףץ";
    case Script::kArabic:
      return "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ،";
    case Script::kThai:
      return "กขคงจชซญณดตถทธนบปผพฟภมยรลวศษสหอฮ";
    default:
      return {};
  }
}

std::vector<char32_t> BothCases(std::string_view small) {
  std::vector<char32_t> letters;
  for (int32_t at = 0; at < static_cast<int32_t>(small.size());) {
    UChar32 c = 0;
    U8_NEXT(small.data(), at, static_cast<int32_t>(small.size()), c);
    letters.push_back(static_cast<char32_t>(c));
    // The Turkish dotless i is the small one of the ASCII letter.
    letters.push_back(c == 0x131 ? 0x130 : static_cast<char32_t>(u_toupper(c)));
  }
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  return letters;
}

bool IsLetter(char32_t c) {
  return u_isalpha(static_cast<UChar32>(c)) != 0;
}
bool IsLower(char32_t c) {
  return u_islower(static_cast<UChar32>(c)) != 0;
}
bool IsUpper(char32_t c) {
  return u_isupper(static_cast<UChar32>(c)) != 0;
}

// In the Latin alphabet an accented letter has a plain one beside it.
double LatinPlace(char32_t before, char32_t c, char32_t after) {
  const bool before_plain = before < 0x80 && IsLetter(before);
  const bool after_plain = after < 0x80 && IsLetter(after);
  if (IsUpper(c) && IsLower(before)) return -0.5;
  if (IsLower(c) && IsUpper(after) && !IsLetter(before)) return -0.5;
  if (before_plain && after_plain) return 1.0;
  return before_plain || after_plain ? 0.8 : 0.0;
}

// In the others words are of one alphabet, and capitals come first or all together.
double WordPlace(char32_t before, char32_t c, char32_t after) {
  const auto other = [](char32_t n) { return n >= 0x80 && IsLetter(n); };
  if (IsUpper(c) && IsLower(before)) return -1.0;
  if (!other(before) && !other(after)) return 0.2;
  if (before < 0x80 && IsLetter(before)) return 0.2;
  return IsUpper(c) && IsUpper(before) ? 0.8 : 1.0;
}

bool IsThaiConsonant(char32_t c) {
  return c >= 0xE01 && c <= 0xE2E;
}
bool IsThaiMark(char32_t c) {
  return c == 0xE31 || (c >= 0xE34 && c <= 0xE3A) || (c >= 0xE47 && c <= 0xE4E);
}
bool IsThaiTone(char32_t c) {
  return c >= 0xE48 && c <= 0xE4B;
}

double ThaiWeight(char32_t before, char32_t c, char32_t after, bool common) {
  if (c < 0xE01 || c > 0xE5B) return 0.0;
  if (IsThaiConsonant(c)) return common ? 1.0 : kRare;
  if (IsThaiMark(c)) {
    return IsThaiConsonant(before) || (IsThaiMark(before) && !IsThaiTone(before)) ? 1.0 : -1.0;
  }
  if (c >= 0xE40 && c <= 0xE44) return IsThaiConsonant(after) ? 1.0 : -1.0;
  if (c == 0xE30 || c == 0xE32 || c == 0xE33) {
    return IsThaiConsonant(before) || IsThaiMark(before) ? 1.0 : -1.0;
  }
  return 0.0;
}

bool IsDigit(char32_t c) {
  return c >= '0' && c <= '9';
}

// Signs that people type speak for an encoding where they type them.
double SignWeight(char32_t before, char32_t c, char32_t after) {
  const bool beside_letter = IsLetter(before) || IsLetter(after);
  switch (c) {
    case 0x2018:  // opening quotes
    case 0x201C:
    case 0x201E:
    case 0xAB:
      return IsLetter(before) ? 0.1 : 0.9;
    case 0x2019:  // closing quotes, the first of them also an apostrophe
    case 0x201D:
    case 0xBB:
      return before > ' ' ? 0.9 : 0.1;
    case 0x20AC:  // money and numbers
    case 0xA3:
    case 0x2116:
    case 0xB0:
      return IsDigit(before) || IsDigit(after) || after == ' ' ? 0.9 : 0.1;
    case 0x2013:
    case 0x2014:
    case 0xA0:
      return 0.6;
    case 0x2026:
      return 0.9;
    default:
      return c < 0xA0 ? -1.0 : (beside_letter ? -0.2 : 0.1);
  }
}

}  // namespace

const std::vector<char32_t>& CommonLetters(Script script) {
  static const std::vector<std::vector<char32_t>> letters = [] {
    std::vector<std::vector<char32_t>> all;
    for (int i = 0; i <= static_cast<int>(Script::kThai); ++i) {
      all.push_back(BothCases(SmallLetters(static_cast<Script>(i))));
    }
    return all;
  }();
  return letters[static_cast<size_t>(script)];
}

double AlphabetWeight(Script script, char32_t before, char32_t c, char32_t after) {
  const std::vector<char32_t>& letters = CommonLetters(script);
  const bool common = std::binary_search(letters.begin(), letters.end(), c);
  if (script == Script::kThai) return ThaiWeight(before, c, after, common);
  if (!common && !IsLetter(c)) return SignWeight(before, c, after);
  const bool latin = c < 0x250;
  const bool latin_script = script == Script::kWestern || script == Script::kCentralEuropean ||
                            script == Script::kTurkish || script == Script::kBaltic ||
                            script == Script::kVietnamese;
  if (latin != latin_script) return 0.0;
  const double place = latin ? LatinPlace(before, c, after) : WordPlace(before, c, after);
  if (place <= 0 || common) return place;
  return place * (latin ? kRare : kForeign);
}

}  // namespace sluice::formats

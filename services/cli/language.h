// Chinese or English, by the locale of who reads.
#pragma once

#include <string_view>

namespace sluice::cli {

enum class Language { kEnglish, kChinese };

// From LC_ALL, LC_MESSAGES, LANG: Chinese when it begins with "zh".
Language LanguageOfUser();

// The one of two texts that fits.
inline std::string_view Say(Language language, std::string_view english, std::string_view chinese) {
  return language == Language::kChinese ? chinese : english;
}

}  // namespace sluice::cli

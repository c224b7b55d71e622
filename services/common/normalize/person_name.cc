#include "common/normalize/person_name.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sluice::normalize {
namespace {

// 百家姓 and those that live on; both ways of writing.
constexpr std::array<std::string_view, 42> kCompound = {
    "欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "东方", "東方", "皇甫",
    "尉迟", "尉遲", "公孙", "公孫", "慕容", "令狐", "宇文", "长孙", "長孫", "司徒", "司空",
    "轩辕", "軒轅", "南宫", "南宮", "端木", "独孤", "獨孤", "西门", "西門", "东郭", "東郭",
    "百里", "呼延", "闻人", "聞人", "万俟", "澹台", "公冶", "太史", "申屠"};

constexpr std::array<std::string_view, 15> kParticles = {"van", "von",   "de", "der", "den",
                                                         "del", "della", "di", "da",  "dos",
                                                         "du",  "la",    "le", "bin", "al"};

// Han, as names have them: the unified ideographs of the first plane (U+3400 to U+9FFF) are E3 90
// to E9 BF in UTF-8.
bool BeginsWithHan(std::string_view text) {
  if (text.size() < 3) return false;
  const auto lead = static_cast<unsigned char>(text[0]);
  return (lead == 0xE3 && static_cast<unsigned char>(text[1]) >= 0x90) ||
         (lead >= 0xE4 && lead <= 0xE9);
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

PersonName SplitChinese(std::string_view text) {
  if (const size_t blank = text.find(' '); blank != std::string_view::npos) {
    return {text.substr(0, blank), Trimmed(text.substr(blank))};
  }
  constexpr size_t kCharacter = 3;
  for (const std::string_view surname : kCompound) {
    if (text.starts_with(surname) && text.size() > surname.size()) {
      return {text.substr(0, surname.size()), text.substr(surname.size())};
    }
  }
  return {text.substr(0, kCharacter), text.substr(kCharacter)};
}

bool IsParticle(std::string_view word) {
  return std::any_of(kParticles.begin(), kParticles.end(), [&](std::string_view particle) {
    return std::equal(word.begin(), word.end(), particle.begin(), particle.end(),
                      [](char a, char b) {
                        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
                      });
  });
}

PersonName SplitWestern(std::string_view text) {
  if (const size_t comma = text.find(','); comma != std::string_view::npos) {
    return {Trimmed(text.substr(0, comma)), Trimmed(text.substr(comma + 1))};
  }
  size_t family = text.rfind(' ');
  if (family == std::string_view::npos) return {{}, text};
  ++family;
  // Particles belong to what follows them, but the first word is a given name.
  while (family > 1) {
    const size_t end = family - 1;
    const size_t blank = text.rfind(' ', end - 1);
    if (blank == std::string_view::npos) break;
    if (!IsParticle(text.substr(blank + 1, end - blank - 1))) break;
    family = blank + 1;
  }
  return {text.substr(family), Trimmed(text.substr(0, family))};
}

}  // namespace

PersonName SplitPersonName(std::string_view text) {
  text = Trimmed(text);
  return BeginsWithHan(text) ? SplitChinese(text) : SplitWestern(text);
}

}  // namespace sluice::normalize

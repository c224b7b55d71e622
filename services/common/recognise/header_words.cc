#include "common/recognise/header_words.h"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>

#include "common/normalize/text.h"

namespace sluice::recognise {
namespace {

// Headers are short; what is longer is a sentence.
constexpr size_t kLongestHeader = 200;

enum class CharacterClass { kDigit, kLower, kUpper, kOther, kMark };

CharacterClass ClassOf(char c) {
  if ((c & 0x80) != 0) return CharacterClass::kOther;
  if (c >= '0' && c <= '9') return CharacterClass::kDigit;
  if (c >= 'a' && c <= 'z') return CharacterClass::kLower;
  if (c >= 'A' && c <= 'Z') return CharacterClass::kUpper;
  return CharacterClass::kMark;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Runs of one class: camelCase and letters beside digits are parted, marks are left out. `#` is a
// word.
std::vector<std::string> RunsOf(std::string_view text) {
  std::vector<std::string> runs;
  size_t at = 0;
  while (at < text.size()) {
    const CharacterClass first = ClassOf(text[at]);
    size_t end = at + 1;
    if (first == CharacterClass::kMark) {
      if (text[at] == '#') runs.emplace_back("no");
      at = end;
      continue;
    }
    const auto is = [&](size_t i, CharacterClass c) {
      return i < text.size() && ClassOf(text[i]) == c;
    };
    if (first == CharacterClass::kUpper) {
      while (is(end, CharacterClass::kUpper)) ++end;
      if (is(end, CharacterClass::kLower)) {
        // "HTMLPage": the last capital begins the next word.
        if (end - at > 1) {
          --end;
        } else {
          while (is(end, CharacterClass::kLower)) ++end;
        }
      }
    } else {
      while (is(end, first)) ++end;
    }
    runs.push_back(Lower(text.substr(at, end - at)));
    at = end;
  }
  return runs;
}

uint32_t ChineseOrdinal(std::string_view text) {
  constexpr std::array<std::string_view, 6> kNumerals = {"一", "二", "三", "四", "五", "六"};
  for (size_t i = 0; i < kNumerals.size(); ++i) {
    if (text == kNumerals[i]) return static_cast<uint32_t>(i + 1);
  }
  return 0;
}

// Fills a phrase word by word.
class PhraseReader {
 public:
  HeaderPhrase Read(std::string_view text) {
    const std::vector<std::string> runs = RunsOf(text);
    for (size_t i = 0; i < runs.size();) i += ReadRun(runs, i);
    phrase_.given_name_alone = text == "名";
    if (before_of_ > 0 && before_of_ < phrase_.senses.size()) {
      const auto middle = phrase_.senses.begin() + static_cast<ptrdiff_t>(before_of_);
      std::rotate(phrase_.senses.begin(), middle, phrase_.senses.end());
      phrase_.turned = true;
    }
    return std::move(phrase_);
  }

 private:
  // The number of runs taken.
  size_t ReadRun(const std::vector<std::string>& runs, size_t at) {
    const std::string& run = runs[at];
    if (ClassOf(run[0]) == CharacterClass::kDigit) {
      if (run.size() <= 2) phrase_.ordinal = static_cast<uint32_t>(std::stoul(run));
      return 1;
    }
    if ((run[0] & 0x80) != 0) {
      ReadChinese(run);
      return 1;
    }
    // "e mail", "first name", "do not call".
    for (size_t count = 3; count >= 2; --count) {
      if (at + count > runs.size()) continue;
      std::string joined;
      for (size_t i = at; i < at + count; ++i) joined += runs[i];
      if (!ReadWord(joined)) continue;
      return count;
    }
    if (!ReadWord(run) && !ReadPlural(run)) phrase_.unknown_words = true;
    return 1;
  }
  bool ReadPlural(std::string_view word) {
    return word.size() > 3 && word.ends_with('s') && ReadWord(word.substr(0, word.size() - 1));
  }
  bool ReadWord(std::string_view word) {
    const auto sense = SenseOf(word);
    if (!sense.has_value()) return false;
    Add(*sense);
    return true;
  }
  void Add(const Sense& sense) {
    if (std::holds_alternative<Of>(sense)) {
      if (before_of_ == 0) before_of_ = phrase_.senses.size();
      return;
    }
    if (!std::holds_alternative<Filler>(sense)) phrase_.senses.push_back(sense);
  }
  void ReadChinese(std::string_view text) {
    while (!text.empty()) {
      const Term term = LongestChineseTerm(text);
      if (!term.text.empty()) {
        Add(term.sense);
        text.remove_prefix(term.text.size());
        continue;
      }
      size_t size = 1;
      while (size < text.size() && (text[size] & 0xC0) == 0x80) ++size;
      const uint32_t ordinal = ChineseOrdinal(text.substr(0, size));
      if (ordinal > 0) {
        phrase_.ordinal = ordinal;
      } else if (!IsMark(text.substr(0, size))) {
        phrase_.unknown_words = true;
      }
      text.remove_prefix(size);
    }
  }
  static bool IsMark(std::string_view character) {
    constexpr std::array<std::string_view, 14> kMarks = {"：", "。", "·",  "—", "–", "★",      "※",
                                                         "◆",  "●",  "，", "“", "”", "\u00A0", "*"};
    return std::find(kMarks.begin(), kMarks.end(), character) != kMarks.end();
  }

  HeaderPhrase phrase_;
  size_t before_of_ = 0;
};

// Texts between slashes and their like.
std::vector<std::string_view> Alternatives(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t from = 0;
  for (size_t at = 0; at <= text.size();) {
    size_t mark = 0;
    if (at == text.size()) mark = 1;
    for (const std::string_view candidate : {"/", "|", "\\", "、", "或", "&", "+", "；", ";",
                                             " or ", " and ", " Or ", " OR ", " And "}) {
      if (text.substr(at).starts_with(candidate)) mark = candidate.size();
    }
    if (mark == 0) {
      ++at;
      continue;
    }
    if (at > from) parts.push_back(text.substr(from, at - from));
    at += mark;
    from = at;
  }
  return parts;
}

// Takes what stands in brackets out of `text`.
std::string WithoutBrackets(std::string_view text, std::vector<std::string>& inside) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kBrackets = {
      {{"(", ")"}, {"[", "]"}, {"{", "}"}, {"【", "】"}, {"〔", "〕"}, {"<", ">"}}};
  std::string rest;
  for (size_t at = 0; at < text.size();) {
    bool taken = false;
    for (const auto& [open, close] : kBrackets) {
      if (!text.substr(at).starts_with(open)) continue;
      const size_t end = text.find(close, at + open.size());
      if (end == std::string_view::npos) continue;
      inside.emplace_back(text.substr(at + open.size(), end - at - open.size()));
      at = end + close.size();
      rest.push_back(' ');
      taken = true;
      break;
    }
    if (!taken) rest.push_back(text[at++]);
  }
  return rest;
}

}  // namespace

std::string SimplifiedText(std::string_view text) {
  std::string buffer;
  const std::string folded(
      normalize::NormalizeText(text, normalize::TextKind::kBoolean, {}, buffer).value);
  if (std::all_of(folded.begin(), folded.end(), [](char c) { return (c & 0x80) == 0; })) {
    return folded;
  }
  static const icu::Transliterator* const kSimplifier = [] {
    UErrorCode error = U_ZERO_ERROR;
    return icu::Transliterator::createInstance("Traditional-Simplified", UTRANS_FORWARD, error);
  }();
  if (kSimplifier == nullptr) return folded;
  icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(folded);
  kSimplifier->transliterate(unicode);
  std::string simplified;
  unicode.toUTF8String(simplified);
  return simplified;
}

HeaderWords SplitHeader(std::string_view header) {
  HeaderWords words;
  const std::string text = SimplifiedText(header.substr(0, kLongestHeader));
  std::vector<std::string> inside;
  const std::string outside = WithoutBrackets(text, inside);
  for (const std::string_view part : Alternatives(outside)) {
    HeaderPhrase phrase = PhraseReader().Read(part);
    if (!phrase.senses.empty() || phrase.unknown_words) words.phrases.push_back(std::move(phrase));
  }
  for (const std::string& part : inside) words.brackets.push_back(PhraseReader().Read(part));
  return words;
}

bool IsPlaceholderHeader(std::string_view header) {
  const std::string text = Lower(SimplifiedText(header));
  std::string_view rest = text;
  while (!rest.empty() && (ClassOf(rest.back()) == CharacterClass::kDigit ||
                           ClassOf(rest.back()) == CharacterClass::kMark)) {
    rest.remove_suffix(1);
  }
  constexpr std::array<std::string_view, 12> kWords = {
      "", "column", "col", "field", "列", "字段", "unnamed", "f", "_c", "第", "column name", "var"};
  if (text.size() > rest.size() || text.empty()) {
    return std::find(kWords.begin(), kWords.end(), rest) != kWords.end();
  }
  // A, B, C: letters of a spreadsheet.
  return text.size() == 1 && ClassOf(text[0]) == CharacterClass::kLower;
}

}  // namespace sluice::recognise

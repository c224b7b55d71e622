#include "common/normalize/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "common/normalize/unicode.h"

namespace sluice::normalize {
namespace {

constexpr std::array<std::string_view, 22> kPlaceholders = {
    "无",  "暂无", "没有",    "未知",      "不详", "n/a", "na",  "null",
    "nil", "none", "unknown", "undefined", "-",    "--",  "---", "/",
    ".",   "0000", "000000",  "00000000",  "#n/a", "?"};
constexpr size_t kLongestPlaceholder = 9;

bool IsPlaceholder(std::string_view text) {
  if (text.empty() || text.size() > kLongestPlaceholder) return false;
  std::array<char, kLongestPlaceholder> lower;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  const std::string_view folded(lower.data(), text.size());
  return std::find(kPlaceholders.begin(), kPlaceholders.end(), folded) != kPlaceholders.end();
}

// What a placeholder can begin with; most texts are told from placeholders by this alone.
constexpr bool MayBeginPlaceholder(unsigned char c) {
  switch (c) {
    case 'n':
    case 'N':
    case 'u':
    case 'U':
    case '-':
    case '/':
    case '.':
    case '0':
    case '#':
    case '?':
    case 0xE6:
    case 0xE4:
      return true;
    default:
      return false;
  }
}

constexpr bool IsFullWidthAscii(char32_t c) {
  return c >= 0xFF01 && c <= 0xFF5E;
}

constexpr bool IsFullWidthAlphanumeric(char32_t c) {
  return (c >= 0xFF10 && c <= 0xFF19) || (c >= 0xFF21 && c <= 0xFF3A) ||
         (c >= 0xFF41 && c <= 0xFF5A);
}

// Bytes that one byte can become at most: a wrong one is U+FFFD.
constexpr size_t kLargestGrowth = 3;

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

// The high bit of each byte of `word` that is below 0x20, 0x7F or above.
constexpr uint64_t NotPrintable(uint64_t word) {
  const uint64_t below = (word - kOnes * 0x20) & ~word;
  const uint64_t del = (word + kOnes) | word;
  return (below | del) & kHighs;
}

// The high bit of bytes that are spaces; bytes above 0x7F must not occur. Bits above the first may
// be wrong.
constexpr uint64_t Spaces(uint64_t word) {
  const uint64_t other = word ^ (kOnes * 0x20);
  return (other - kOnes) & ~other & kHighs;
}

// True when the three bytes are U+4000 to U+9FFF: Chinese characters, which nothing changes.
bool IsCommonHan(const char* bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  return lead >= 0xE4 && lead <= 0xE9 && (bytes[1] & 0xC0) == 0x80 && (bytes[2] & 0xC0) == 0x80;
}

// True when text repairs leave a kLine text as it is, placeholders aside. Looks at each byte once.
// `line` false: for kLongText, where runs of spaces, tabs and LF stay.
bool IsClean(std::string_view text, bool line) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = at + text.size();
  if (at == end) return true;
  if (*at == ' ' || end[-1] == ' ') return false;
  if (!line && (*at <= ' ' || end[-1] <= ' ')) return false;
  bool after_space = false;
  while (at < end) {
    while (end - at >= 8) {
      uint64_t word = 0;
      std::memcpy(&word, at, 8);
      if (NotPrintable(word) != 0) break;
      const uint64_t spaces = line ? Spaces(word) : 0;
      if (spaces != 0) {
        if ((spaces & (spaces << 8)) != 0 || (after_space && (word & 0xFF) == ' ')) return false;
      }
      after_space = at[7] == ' ';
      at += 8;
    }
    if (at == end) break;
    const unsigned char lead = *at;
    if (lead < 0x80) {
      if (lead < 0x20 && (line || (lead != '\t' && lead != '\n'))) return false;
      if (lead == 0x7F) return false;
      const bool space = lead == ' ';
      if (line && space && after_space) return false;
      after_space = space;
      ++at;
      continue;
    }
    if (end - at >= 3 && IsCommonHan(reinterpret_cast<const char*>(at))) {
      at += 3;
      after_space = false;
      continue;
    }
    bool well_formed = true;
    size_t step = 0;
    const char32_t c = NextCharacter(
        {reinterpret_cast<const char*>(at), static_cast<size_t>(end - at)}, step, well_formed);
    if (!well_formed || !IsInertInNfc(c) || IsRemoved(c) || IsWhiteSpace(c)) return false;
    if (line ? IsFullWidthAscii(c) : IsFullWidthAlphanumeric(c)) return false;
    after_space = false;
    at += step;
  }
  return true;
}

// The repairs in their order; see docs/cleaning.md.
class TextRepairs {
 public:
  TextRepairs(TextKind kind, RepairSet disabled, std::string& buffer)
      : long_(kind == TextKind::kLongText), disabled_(disabled), out_(buffer) {}

  TextResult Run(std::string_view input) {
    std::string_view value = Trim(Compose(RemoveAndFold(input)));
    if (uneven_ && !long_ && !disabled_.Has(Repair::kWhitespaceCollapsed)) value = Collapse(value);
    return {value, repairs_};
  }

 private:
  std::string_view RemoveAndFold(std::string_view input) {
    // The buffer only grows: making it fit each time would clear it each time.
    if (out_.size() < kLargestGrowth * input.size()) out_.resize(kLargestGrowth * input.size());
    to_ = out_.data();
    for (size_t at = 0; at < input.size();) {
      const auto lead = static_cast<unsigned char>(input[at]);
      if (lead > 0x20 && lead < 0x7F) {
        *to_++ = input[at++];
        after_space_ = false;
      } else if (input.size() - at >= 3 && IsCommonHan(input.data() + at)) {
        to_ = std::copy_n(input.data() + at, 3, to_);
        at += 3;
        after_space_ = false;
      } else {
        at = Take(input, at);
      }
    }
    return {out_.data(), static_cast<size_t>(to_ - out_.data())};
  }

  // Takes the character at `at`, which may need something; returns where the next one is.
  size_t Take(std::string_view input, size_t at) {
    bool well_formed = true;
    char32_t c = NextCharacter(input, at, well_formed);
    if (c == '\r' || c == '\n' || c == '\t') {
      if (c == '\r' && at < input.size() && input[at] == '\n' && BreaksJoin()) ++at;
      Put(BreakFor(c));
      return at;
    }
    if (IsRemoved(c) && !disabled_.Has(Repair::kControlRemoved)) {
      repairs_.Add(Repair::kControlRemoved);
      return at;
    }
    c = Fold(c);
    inert_ = inert_ && IsInertInNfc(c);
    Put(c);
    return at;
  }

  void Put(char32_t c) {
    const bool space = IsWhiteSpace(c);
    uneven_ = uneven_ || (space && (c != ' ' || after_space_));
    after_space_ = space;
    to_ = WriteCharacter(to_, c);
  }

  // CR LF is one line break: always in a long text, in a line where breaks become spaces.
  bool BreaksJoin() const { return long_ || !disabled_.Has(Repair::kControlRemoved); }

  char32_t BreakFor(char32_t c) const {
    if (long_) return c == '\r' ? '\n' : c;
    return disabled_.Has(Repair::kControlRemoved) ? c : ' ';
  }

  char32_t Fold(char32_t c) {
    if (c < 0x3000 || disabled_.Has(Repair::kWidthFolded)) return c;
    char32_t folded = c;
    if (c == 0x3000) folded = ' ';
    if (IsFullWidthAscii(c) && (!long_ || IsFullWidthAlphanumeric(c))) {
      folded = c - 0xFF01 + 0x21;
    }
    if (folded != c) repairs_.Add(Repair::kWidthFolded);
    return folded;
  }

  std::string_view Compose(std::string_view text) {
    if (inert_ || disabled_.Has(Repair::kUnicodeComposed) || IsNfc(text)) return text;
    std::string composed;
    AppendNfc(text, composed);
    out_.swap(composed);
    uneven_ = true;  // NFC changes some spaces into others
    repairs_.Add(Repair::kUnicodeComposed);
    return out_;
  }

  std::string_view Trim(std::string_view text) {
    if (disabled_.Has(Repair::kTrimmed)) return text;
    size_t from = 0;
    for (size_t at = 0; at < text.size(); from = at) {
      bool well_formed = true;
      if (!IsWhiteSpace(NextCharacter(text, at, well_formed))) break;
    }
    if (from == text.size()) return {};
    size_t to = text.size();
    while (true) {
      size_t at = to - 1;
      while ((text[at] & 0xC0) == 0x80) --at;
      size_t begin = at;
      bool well_formed = true;
      if (!IsWhiteSpace(NextCharacter(text, begin, well_formed))) break;
      to = at;
    }
    if (from > 0 || to < text.size()) repairs_.Add(Repair::kTrimmed);
    return text.substr(from, to - from);
  }

  // `text` lies in out_ and only gets shorter.
  std::string_view Collapse(std::string_view text) {
    if (text.empty()) return {};
    char* const begin = out_.data() + (text.data() - out_.data());
    char* to = begin;
    for (size_t at = 0; at < text.size();) {
      const size_t from = at;
      bool well_formed = true;
      const char32_t c = NextCharacter(text, at, well_formed);
      if (!IsWhiteSpace(c)) {
        to = std::copy(text.data() + from, text.data() + at, to);
        continue;
      }
      size_t next = at;
      while (next < text.size() && IsWhiteSpace(NextCharacter(text, next, well_formed))) at = next;
      if (c != ' ' || at - from > 1) repairs_.Add(Repair::kWhitespaceCollapsed);
      *to++ = ' ';
    }
    return {begin, static_cast<size_t>(to - begin)};
  }

  const bool long_;
  const RepairSet disabled_;
  std::string& out_;
  char* to_ = nullptr;  // where the next character goes in out_
  RepairSet repairs_;
  bool inert_ = true;         // NFC has nothing to do
  bool after_space_ = false;  // the last character was white space
  bool uneven_ = false;       // there is white space to collapse
};

}  // namespace

TextResult NormalizeText(std::string_view input, TextKind kind, RepairSet disabled,
                         std::string& buffer) {
  TextResult result{.value = input};
  if (!IsClean(input, kind != TextKind::kLongText)) {
    result = TextRepairs(kind, disabled, buffer).Run(input);
  }
  if (kind != TextKind::kLine || result.value.empty()) return result;
  if (MayBeginPlaceholder(static_cast<unsigned char>(result.value[0])) &&
      IsPlaceholder(result.value) && !disabled.Has(Repair::kPlaceholderRemoved)) {
    result.value = {};
    result.repairs.Add(Repair::kPlaceholderRemoved);
  }
  return result;
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace sluice::normalize

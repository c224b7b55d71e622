#include "common/normalize/text.h"

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <random>
#include <string>
#include <vector>

#include "common/normalize/unicode.h"

namespace sluice::normalize {

static void PrintTo(RepairSet set, std::ostream* os) {
  for (const Repair repair : set) *os << Name(repair) << " ";
}

namespace {

struct Outcome {
  std::string value;
  RepairSet repairs;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
void PrintTo(const Outcome& outcome, std::ostream* os) {
  *os << '"' << outcome.value << "\" ";
  sluice::normalize::PrintTo(outcome.repairs, os);
}

Outcome Normalize(std::string_view input, TextKind kind = TextKind::kLine,
                  RepairSet disabled = {}) {
  std::string buffer = "left over";
  const TextResult result = NormalizeText(input, kind, disabled, buffer);
  return {std::string(result.value), result.repairs};
}

Outcome Long(std::string_view input) {
  return Normalize(input, TextKind::kLongText);
}

TEST(NormalizeTextTest, LeavesCleanTextWhereItIs) {
  std::string buffer;
  for (const std::string_view text :
       {"", "a", "Acme Inc.", "上海云帆科技有限公司", "张 伟", "a\u00e9b", "ｶﾀｶﾅ", "😀 ok",
        "13800138000", "a.b@c.cn", "\uFFFD"}) {
    const TextResult result = NormalizeText(text, TextKind::kLine, {}, buffer);
    EXPECT_EQ(result.value, text);
    EXPECT_TRUE(result.repairs.empty()) << text;
  }
}

TEST(NormalizeTextTest, RemovesControlsAndInvisibleCharacters) {
  const RepairSet repairs{Repair::kControlRemoved};
  EXPECT_EQ(Normalize("a\x01"
                      "b"),
            (Outcome{"ab", repairs}));
  EXPECT_EQ(Normalize(std::string_view("a\0b", 3)), (Outcome{"ab", repairs}));
  EXPECT_EQ(Normalize("a\x7F"
                      "b"),
            (Outcome{"ab", repairs}));
  for (const char* gone : {"\u0085", "\u009f", "\u00ad", "\u200b", "\u200f", "\u2060", "\ufeff"}) {
    EXPECT_EQ(Normalize("a" + std::string(gone) + "b"), (Outcome{"ab", repairs}));
    EXPECT_EQ(Long("a" + std::string(gone) + "b"), (Outcome{"ab", repairs}));
  }
}

TEST(NormalizeTextTest, TabsAndLineBreaksBecomeSpacesSilentlyInALine) {
  EXPECT_EQ(Normalize("a\tb"), (Outcome{"a b", {}}));
  EXPECT_EQ(Normalize("a\nb"), (Outcome{"a b", {}}));
  EXPECT_EQ(Normalize("a\r\nb"), (Outcome{"a b", {}}));
  EXPECT_EQ(Normalize("a\n\nb"), (Outcome{"a b", {Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize("a\n"), (Outcome{"a", {Repair::kTrimmed}}));
}

TEST(NormalizeTextTest, LongTextKeepsTabsAndLineBreaks) {
  EXPECT_EQ(Long("a\tb\r\nc\rd  e"), (Outcome{"a\tb\nc\nd  e", {}}));
  EXPECT_EQ(Long(" a\n\nb\u3000\n"), (Outcome{"a\n\nb", {Repair::kWidthFolded, Repair::kTrimmed}}));
  EXPECT_EQ(Long("无"), (Outcome{"无", {}}));
}

TEST(NormalizeTextTest, FoldsFullWidthCharacters) {
  const RepairSet repairs{Repair::kWidthFolded};
  EXPECT_EQ(Normalize("（Ａ１）！～"), (Outcome{"(A1)!~", repairs}));
  EXPECT_EQ(Normalize("张\u3000伟"), (Outcome{"张 伟", repairs}));
  EXPECT_EQ(Long("（Ａ１），好\u3000吧"), (Outcome{"（A1），好 吧", repairs}));
  EXPECT_EQ(Long("好，（吧）"), (Outcome{"好，（吧）", {}}));
}

TEST(NormalizeTextTest, ComposesWhatIsNotNfc) {
  EXPECT_EQ(Normalize("Cafe\u0301"), (Outcome{"Café", {Repair::kUnicodeComposed}}));
  EXPECT_EQ(Normalize("\u212B"), (Outcome{"\u00C5", {Repair::kUnicodeComposed}}));
  EXPECT_EQ(Normalize("\u0915\u093F"), (Outcome{"\u0915\u093F", {}}));
}

TEST(NormalizeTextTest, TrimsAndCollapsesWhiteSpace) {
  EXPECT_EQ(Normalize("  a  b "),
            (Outcome{"a b", {Repair::kTrimmed, Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize("a\u00a0b"), (Outcome{"a b", {Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize("\u2028"
                      "a"),
            (Outcome{"a", {Repair::kTrimmed}}));
}

TEST(NormalizeTextTest, ACellOfWhiteSpaceOnlyIsBlankWithoutAnIssue) {
  EXPECT_EQ(Normalize(" \t\r\n\u00a0"), (Outcome{"", {}}));
  EXPECT_EQ(Long("\n\n"), (Outcome{"", {}}));
}

TEST(NormalizeTextTest, PlaceholdersBecomeBlank) {
  for (const char* placeholder :
       {"无",  "暂无", "没有",    "未知",      "不详", "N/A", "na",  "NULL",
        "nil", "None", "Unknown", "undefined", "-",    "--",  "---", "/",
        ".",   "0000", "000000",  "00000000",  "#N/A", "?"}) {
    EXPECT_EQ(Normalize(placeholder), (Outcome{"", {Repair::kPlaceholderRemoved}})) << placeholder;
    EXPECT_EQ(Normalize(placeholder, TextKind::kBoolean), (Outcome{placeholder, {}}));
  }
  EXPECT_EQ(Normalize(" Ｎ／Ａ "),
            (Outcome{"", {Repair::kWidthFolded, Repair::kTrimmed, Repair::kPlaceholderRemoved}}));
  for (const char* text : {"00000", "无锡", "----", "nada", "0", "no", "未知数"}) {
    EXPECT_EQ(Normalize(text), (Outcome{text, {}}));
  }
}

TEST(NormalizeTextTest, ARepairThatIsOffLeavesTheTextAndTheNextOnesGoOn) {
  EXPECT_EQ(Normalize("Ａ  b ", TextKind::kLine, {Repair::kWidthFolded}),
            (Outcome{"Ａ b", {Repair::kTrimmed, Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize("a\u3000b", TextKind::kLine, {Repair::kWidthFolded}),
            (Outcome{"a b", {Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize("a\tb\x01", TextKind::kLine, {Repair::kControlRemoved}),
            (Outcome{"a b\x01", {Repair::kWhitespaceCollapsed}}));
  EXPECT_EQ(Normalize(" a ", TextKind::kLine, {Repair::kTrimmed}), (Outcome{" a ", {}}));
  EXPECT_EQ(Normalize("a  b", TextKind::kLine, {Repair::kWhitespaceCollapsed}),
            (Outcome{"a  b", {}}));
  EXPECT_EQ(Normalize("N/A", TextKind::kLine, {Repair::kPlaceholderRemoved}), (Outcome{"N/A", {}}));
  EXPECT_EQ(Normalize("e\u0301", TextKind::kLine, {Repair::kUnicodeComposed}),
            (Outcome{"e\u0301", {}}));
}

TEST(NormalizeTextTest, IllFormedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(Normalize("a\xFF\xE4\xB8"), (Outcome{"a\uFFFD\uFFFD\uFFFD", {}}));
}

// What cleaning.md says, with ICU for everything and no short way.
Outcome Slowly(std::string_view input, bool line) {
  std::u32string text;
  for (size_t at = 0; at < input.size();) {
    bool well_formed = true;
    text.push_back(NextCharacter(input, at, well_formed));
  }
  Outcome out;
  std::u32string kept;
  for (size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    const bool is_break = c == '\t' || c == '\n' || c == '\r';
    if (is_break) {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      kept.push_back(line ? ' ' : (c == '\t' ? '\t' : '\n'));
      continue;
    }
    const bool control = u_charType(static_cast<UChar32>(c)) == U_CONTROL_CHAR;
    if (control || (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0xFEFF || c == 0xAD) {
      out.repairs.Add(Repair::kControlRemoved);
      continue;
    }
    const bool alnum = c >= 0xFF01 && c <= 0xFF5E && std::isalnum(static_cast<int>(c - 0xFEE0));
    if (c == 0x3000 || alnum || (line && c >= 0xFF01 && c <= 0xFF5E)) {
      c = c == 0x3000 ? ' ' : c - 0xFEE0;
      out.repairs.Add(Repair::kWidthFolded);
    }
    kept.push_back(c);
  }
  icu::UnicodeString folded = icu::UnicodeString::fromUTF32(
      reinterpret_cast<const UChar32*>(kept.data()), static_cast<int32_t>(kept.size()));
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString nfc = icu::Normalizer2::getNFCInstance(error)->normalize(folded, error);
  if (nfc != folded) out.repairs.Add(Repair::kUnicodeComposed);
  std::u32string composed(static_cast<size_t>(nfc.countChar32()), U'\0');
  nfc.toUTF32(reinterpret_cast<UChar32*>(composed.data()), static_cast<int32_t>(composed.size()),
              error);
  const auto space = [](char32_t c) {
    return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0;
  };
  size_t from = 0;
  size_t to = composed.size();
  while (from < to && space(composed[from])) ++from;
  while (to > from && space(composed[to - 1])) --to;
  if (to > from && to - from < composed.size()) out.repairs.Add(Repair::kTrimmed);
  for (size_t i = from; i < to; ++i) {
    if (!line || !space(composed[i])) {
      AppendCharacter(out.value, composed[i]);
      continue;
    }
    const size_t begin = i;
    while (space(composed[i + 1])) ++i;
    if (i > begin || composed[begin] != ' ') out.repairs.Add(Repair::kWhitespaceCollapsed);
    out.value.push_back(' ');
  }
  return out;
}

TEST(NormalizeTextTest, EqualsTheSlowWayForEveryCharacter) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string inside = "ab cdefg中";
    AppendCharacter(inside, c);
    inside += "文x";
    for (const TextKind kind : {TextKind::kLine, TextKind::kLongText}) {
      const bool line = kind == TextKind::kLine;
      ASSERT_EQ(Normalize(inside, kind), Slowly(inside, line)) << std::hex << uint32_t{c};
      std::string alone;
      AppendCharacter(alone, c);
      if (line && Normalize(alone).repairs.Has(Repair::kPlaceholderRemoved)) continue;
      ASSERT_EQ(Normalize(alone, kind), Slowly(alone, line)) << std::hex << uint32_t{c};
    }
  }
}

TEST(NormalizeTextTest, EqualsTheSlowWayForRandomTexts) {
  std::mt19937 random(7);
  const std::vector<char32_t> alphabet = {
      'a',    'Z',    '0',     ' ',     ' ',    '\t',   '\n',   '\r',   0x01,
      0x7F,   0x85,   0xA0,    0xE9,    0x301,  0x327,  0x1100, 0x1161, 0x11A8,
      0xAC00, 0x200B, 0x2028,  0x3000,  0x4E2D, 0x6587, 0x3099, 0x304B, 0xFF21,
      0xFF0C, 0xF900, 0x20000, 0x1F600, 0x0344, '!',    '-',    '.',    0x2001};
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (size_t n = random() % 20; n > 0; --n) {
      AppendCharacter(text, alphabet[random() % alphabet.size()]);
    }
    const Outcome line = Normalize(text, TextKind::kBoolean);
    ASSERT_EQ(line, Slowly(text, true)) << text;
    ASSERT_EQ(Long(text), Slowly(text, false)) << text;
    ASSERT_EQ(Normalize(line.value, TextKind::kBoolean), (Outcome{line.value, {}}));
  }
}

TEST(UnicodeTest, InertCharactersAreThoseNfcLeavesAlone) {
  size_t inert = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (!IsInertInNfc(c)) continue;
    ++inert;
    const auto code = static_cast<UChar32>(c);
    ASSERT_EQ(u_getIntPropertyValue(code, UCHAR_NFC_QUICK_CHECK), UNORM_YES) << std::hex << code;
    ASSERT_EQ(u_getCombiningClass(code), 0) << std::hex << code;
  }
  EXPECT_GT(inert, 100000u);
}

TEST(UnicodeTest, WhiteSpaceIsUnicodes) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    ASSERT_EQ(IsWhiteSpace(c), u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0)
        << std::hex << uint32_t{c};
  }
}

TEST(UnicodeTest, CountsCharactersNotBytes) {
  EXPECT_EQ(CountCharacters("a中😀"), 3u);
  EXPECT_EQ(CountCharacters(""), 0u);
}

}  // namespace
}  // namespace sluice::normalize

#include "common/formats/encoding.h"

#include <algorithm>
#include <array>

namespace sluice::formats {
namespace {

struct Known {
  Encoding encoding;
  std::string_view name;
  // As ICU's converter list has it: the mappings of Windows where Windows has an encoding.
  const char* converter;
  Script script;
};

// In the order of Encoding.
constexpr std::array kKnown = {
    Known{Encoding::kUtf8, "utf-8", "", Script::kAny},
    Known{Encoding::kUtf16Le, "utf-16le", "", Script::kAny},
    Known{Encoding::kUtf16Be, "utf-16be", "", Script::kAny},
    Known{Encoding::kUtf32Le, "utf-32le", "", Script::kAny},
    Known{Encoding::kUtf32Be, "utf-32be", "", Script::kAny},
    Known{Encoding::kGb18030, "gb18030", "gb18030", Script::kSimplifiedChinese},
    Known{Encoding::kHz, "hz-gb-2312", "HZ", Script::kSimplifiedChinese},
    Known{Encoding::kBig5, "big5", "windows-950-2000", Script::kTraditionalChinese},
    Known{Encoding::kBig5Hkscs, "big5-hkscs", "ibm-1375_P100-2008", Script::kTraditionalChinese},
    Known{Encoding::kEucTw, "euc-tw", "ibm-964_P110-1999", Script::kTraditionalChinese},
    Known{Encoding::kShiftJis, "shift_jis", "ibm-943_P15A-2003", Script::kJapanese},
    Known{Encoding::kEucJp, "euc-jp", "euc-jp-2007", Script::kJapanese},
    Known{Encoding::kIso2022Jp, "iso-2022-jp", "ISO_2022,locale=ja,version=3", Script::kJapanese},
    Known{Encoding::kEucKr, "euc-kr", "windows-949-2000", Script::kKorean},
    Known{Encoding::kIso2022Kr, "iso-2022-kr", "ISO_2022,locale=ko,version=0", Script::kKorean},
    Known{Encoding::kJohab, "johab", "", Script::kKorean},
    Known{Encoding::kWindows1252, "windows-1252", "ibm-5348_P100-1997", Script::kWestern},
    Known{Encoding::kIso885915, "iso-8859-15", "ibm-923_P100-1998", Script::kWestern},
    Known{Encoding::kMacintosh, "macintosh", "macos-0_2-10.2", Script::kWestern},
    Known{Encoding::kIbm850, "ibm850", "ibm-850_P100-1995", Script::kWestern},
    Known{Encoding::kWindows1250, "windows-1250", "ibm-5346_P100-1998", Script::kCentralEuropean},
    Known{Encoding::kIso88592, "iso-8859-2", "ibm-912_P100-1995", Script::kCentralEuropean},
    Known{Encoding::kIbm852, "ibm852", "ibm-852_P100-1995", Script::kCentralEuropean},
    Known{Encoding::kMacCentralEurope, "x-mac-ce", "macos-29-10.2", Script::kCentralEuropean},
    Known{Encoding::kWindows1251, "windows-1251", "ibm-5347_P100-1998", Script::kCyrillic},
    Known{Encoding::kKoi8R, "koi8-r", "ibm-878_P100-1996", Script::kCyrillic},
    Known{Encoding::kKoi8U, "koi8-u", "ibm-1168_P100-2002", Script::kCyrillic},
    Known{Encoding::kIso88595, "iso-8859-5", "ibm-915_P100-1995", Script::kCyrillic},
    Known{Encoding::kIbm855, "ibm855", "ibm-855_P100-1995", Script::kCyrillic},
    Known{Encoding::kIbm866, "ibm866", "ibm-866_P100-1995", Script::kCyrillic},
    Known{Encoding::kMacCyrillic, "x-mac-cyrillic", "macos-7_3-10.2", Script::kCyrillic},
    Known{Encoding::kWindows1253, "windows-1253", "ibm-5349_P100-1998", Script::kGreek},
    Known{Encoding::kIso88597, "iso-8859-7", "ibm-9005_X110-2007", Script::kGreek},
    Known{Encoding::kWindows1254, "windows-1254", "ibm-5350_P100-1998", Script::kTurkish},
    Known{Encoding::kWindows1255, "windows-1255", "ibm-9447_P100-2002", Script::kHebrew},
    Known{Encoding::kWindows1256, "windows-1256", "ibm-9448_X100-2005", Script::kArabic},
    Known{Encoding::kIso88596, "iso-8859-6", "ibm-1089_P100-1995", Script::kArabic},
    Known{Encoding::kWindows1257, "windows-1257", "ibm-9449_P100-2002", Script::kBaltic},
    Known{Encoding::kIso885913, "iso-8859-13", "ibm-921_P100-1995", Script::kBaltic},
    Known{Encoding::kWindows1258, "windows-1258", "ibm-5354_P100-1998", Script::kVietnamese},
    Known{Encoding::kWindows874, "windows-874", "windows-874-2000", Script::kThai},
};

struct Alias {
  std::string_view name;
  Encoding encoding;
};

// ISO-8859-16 and -9 differ from windows-1250 and -1254 in nothing that is met.
constexpr std::array kAliases = {
    Alias{"utf8", Encoding::kUtf8},
    Alias{"ascii", Encoding::kUtf8},
    Alias{"us-ascii", Encoding::kUtf8},
    Alias{"utf-8-sig", Encoding::kUtf8},
    Alias{"utf-16", Encoding::kUtf16Le},
    Alias{"utf-32", Encoding::kUtf32Le},
    Alias{"gbk", Encoding::kGb18030},
    Alias{"gb2312", Encoding::kGb18030},
    Alias{"cp936", Encoding::kGb18030},
    Alias{"hz", Encoding::kHz},
    Alias{"cp950", Encoding::kBig5},
    Alias{"big5hkscs", Encoding::kBig5Hkscs},
    Alias{"shift-jis", Encoding::kShiftJis},
    Alias{"sjis", Encoding::kShiftJis},
    Alias{"cp932", Encoding::kShiftJis},
    Alias{"eucjp", Encoding::kEucJp},
    Alias{"cp949", Encoding::kEucKr},
    Alias{"uhc", Encoding::kEucKr},
    Alias{"cp1361", Encoding::kJohab},
    Alias{"cp1252", Encoding::kWindows1252},
    Alias{"iso-8859-1", Encoding::kWindows1252},
    Alias{"latin1", Encoding::kWindows1252},
    Alias{"latin9", Encoding::kIso885915},
    Alias{"macroman", Encoding::kMacintosh},
    Alias{"mac-roman", Encoding::kMacintosh},
    Alias{"cp850", Encoding::kIbm850},
    Alias{"cp1250", Encoding::kWindows1250},
    Alias{"iso-8859-16", Encoding::kWindows1250},
    Alias{"latin2", Encoding::kIso88592},
    Alias{"cp852", Encoding::kIbm852},
    Alias{"mac-centraleurope", Encoding::kMacCentralEurope},
    Alias{"cp1251", Encoding::kWindows1251},
    Alias{"cp855", Encoding::kIbm855},
    Alias{"cp866", Encoding::kIbm866},
    Alias{"mac-cyrillic", Encoding::kMacCyrillic},
    Alias{"maccyrillic", Encoding::kMacCyrillic},
    Alias{"cp1253", Encoding::kWindows1253},
    Alias{"cp1254", Encoding::kWindows1254},
    Alias{"iso-8859-9", Encoding::kWindows1254},
    Alias{"cp1255", Encoding::kWindows1255},
    Alias{"iso-8859-8", Encoding::kWindows1255},
    Alias{"cp1256", Encoding::kWindows1256},
    Alias{"cp1257", Encoding::kWindows1257},
    Alias{"cp1258", Encoding::kWindows1258},
    Alias{"cp874", Encoding::kWindows874},
    Alias{"tis-620", Encoding::kWindows874},
    Alias{"iso-8859-11", Encoding::kWindows874},
};

const Known& Entry(Encoding encoding) {
  return kKnown[static_cast<size_t>(encoding)];
}

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

Script ScriptOf(Encoding encoding) {
  return Entry(encoding).script;
}

std::string_view Name(Encoding encoding) {
  return Entry(encoding).name;
}

const char* ConverterName(Encoding encoding) {
  return Entry(encoding).converter;
}

std::optional<Encoding> EncodingByName(std::string_view name) {
  for (const Known& known : kKnown) {
    if (EqualsIgnoringCase(known.name, name)) return known.encoding;
  }
  for (const Alias& alias : kAliases) {
    if (EqualsIgnoringCase(alias.name, name)) return alias.encoding;
  }
  return std::nullopt;
}

std::span<const Encoding> SingleByteEncodings() {
  static constexpr std::array kSingle = {
      Encoding::kWindows1252, Encoding::kWindows1251, Encoding::kWindows1250,
      Encoding::kWindows1254, Encoding::kWindows1253, Encoding::kWindows1257,
      Encoding::kWindows1255, Encoding::kWindows1256, Encoding::kWindows874,
      Encoding::kIso885915,   Encoding::kIso88592,    Encoding::kIso88595,
      Encoding::kIso88597,    Encoding::kIso88596,    Encoding::kIso885913,
      Encoding::kKoi8R,       Encoding::kKoi8U,       Encoding::kIbm866,
      Encoding::kIbm855,      Encoding::kIbm850,      Encoding::kIbm852,
      Encoding::kMacCyrillic, Encoding::kMacintosh,   Encoding::kMacCentralEurope,
  };
  return kSingle;
}

bool IsStateful(Encoding encoding) {
  return encoding == Encoding::kHz || encoding == Encoding::kIso2022Jp ||
         encoding == Encoding::kIso2022Kr;
}

size_t BomLength(Encoding encoding) {
  if (encoding == Encoding::kUtf8) return 3;
  if (encoding == Encoding::kUtf16Le || encoding == Encoding::kUtf16Be) return 2;
  return encoding == Encoding::kUtf32Le || encoding == Encoding::kUtf32Be ? 4 : 0;
}

}  // namespace sluice::formats

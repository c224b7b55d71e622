// The encodings of text that can be read, and their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::formats {

// Supersets stand for their parts: GB18030 for GBK and GB2312, windows-1252 for ISO-8859-1.
enum class Encoding : uint8_t {
  kUtf8,
  kUtf16Le,
  kUtf16Be,
  kUtf32Le,
  kUtf32Be,
  kGb18030,
  kHz,
  kBig5,
  kBig5Hkscs,
  kEucTw,
  kShiftJis,
  kEucJp,
  kIso2022Jp,
  kEucKr,
  kIso2022Kr,
  kJohab,
  kWindows1252,
  kIso885915,
  kMacintosh,
  kIbm850,
  kWindows1250,
  kIso88592,
  kIbm852,
  kMacCentralEurope,
  kWindows1251,
  kKoi8R,
  kKoi8U,
  kIso88595,
  kIbm855,
  kIbm866,
  kMacCyrillic,
  kWindows1253,
  kIso88597,
  kWindows1254,
  kWindows1255,
  kWindows1256,
  kIso88596,
  kWindows1257,
  kIso885913,
  kWindows1258,
  kWindows874,
};

// What most text of an encoding is written in.
enum class Script : uint8_t {
  kAny,
  kSimplifiedChinese,
  kTraditionalChinese,
  kJapanese,
  kKorean,
  kWestern,
  kCentralEuropean,
  kCyrillic,
  kGreek,
  kTurkish,
  kHebrew,
  kArabic,
  kBaltic,
  kVietnamese,
  kThai,
};
Script ScriptOf(Encoding encoding);

// The names of the WHATWG encoding standard in lower case ("utf-8", "gb18030", "windows-1252"), of
// what it leaves out those of the IANA ("utf-32le", "hz-gb-2312", "ibm855").
std::string_view Name(Encoding encoding);
// Takes any case and the usual aliases (gbk, gb2312, cp936, sjis, ...).
std::optional<Encoding> EncodingByName(std::string_view name);

// ICU's name of the converter; empty for UTF-8, UTF-16 and UTF-32, which are decoded here, and
// for Johab, which ICU lacks.
const char* ConverterName(Encoding encoding);

// Encodings of one byte a character, those met more often first.
std::span<const Encoding> SingleByteEncodings();

// What a byte means depends on escapes before it (ISO-2022, HZ); all bytes are ASCII.
bool IsStateful(Encoding encoding);

// Bytes of the byte order mark of an encoding: 3 for UTF-8, 2 for UTF-16, 4 for UTF-32, else 0.
size_t BomLength(Encoding encoding);

}  // namespace sluice::formats

#include "common/formats/utf8_lines.h"

#include <simdjson.h>

#include <algorithm>

namespace sluice::formats {
namespace {

unsigned char Byte(char c) {
  return static_cast<unsigned char>(c);
}

bool IsLatin(Script script) {
  return script == Script::kWestern || script == Script::kCentralEuropean ||
         script == Script::kTurkish || script == Script::kBaltic || script == Script::kVietnamese;
}

// By chance, a line of the Latin alphabet has next to no pair of bytes that is a character of
// UTF-8, one of another alphabet now and then. In East Asian encodings pairs are common, triples
// are not: three of them in a line that has nothing else are met less than once in ten million.
bool IsUtf8(std::string_view line, Encoding encoding) {
  const auto high = std::find_if(line.begin(), line.end(), [](char c) { return Byte(c) >= 0x80; });
  // Nearly all lines end here.
  if (line.end() - high < 2 || Byte(*high) < 0xC2 || (Byte(high[1]) & 0xC0) != 0x80) return false;
  const auto leads = [&](unsigned char least) {
    return std::count_if(high, line.end(), [least](char c) { return Byte(c) >= least; });
  };
  const Script script = ScriptOf(encoding);
  const bool single_byte = script >= Script::kWestern;
  const bool enough = single_byte ? leads(0xC2) >= (IsLatin(script) ? 2 : 4) : leads(0xE0) >= 3;
  return enough && simdjson::validate_utf8(&*high, static_cast<size_t>(line.end() - high));
}

}  // namespace

bool TellsUtf8Lines(Encoding encoding) {
  return ScriptOf(encoding) != Script::kAny && !IsStateful(encoding);
}

LineRange FindUtf8Lines(std::string_view text, size_t from, Encoding encoding) {
  LineRange found{text.size(), text.size()};
  for (size_t at = from; at < text.size();) {
    const size_t feed = text.find('\n', at);
    const size_t end = feed == std::string_view::npos ? text.size() : feed + 1;
    const bool utf8 =
        end - at <= kLongestForeignLine && IsUtf8(text.substr(at, end - at), encoding);
    if (utf8 && found.begin == text.size()) found.begin = at;
    if (!utf8 && found.begin < text.size()) return {found.begin, at};
    at = end;
  }
  return found;
}

}  // namespace sluice::formats

// The scanner's texts: plain, coded and in sections.
#include <simdjson.h>

#include <array>
#include <utility>

#include "common/spreadsheet/xml_characters.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {
namespace {

// Characters that XML has; `code` is a Unicode scalar value or a surrogate.
bool IsXmlCharacter(uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code < 0xD800 || (code > 0xDFFF && code < 0xFFFE) || (code > 0xFFFF && code <= 0x10FFFF);
}

}  // namespace

XmlEvent XmlScanner::SectionText() {
  while (true) {
    const std::string_view rest(buffer_.data() + at_, end_ - at_);
    const size_t close = rest.find("]]>");
    size_t length = close;
    if (close == std::string_view::npos) {
      length = rest.size() - std::min<size_t>(rest.size(), 3);
      while (length > 0 && (static_cast<unsigned char>(rest[length]) & 0xC0) == 0x80) --length;
      if (length > 0 && rest[length - 1] == '\r') --length;
    }
    if (length > 0) {
      if (!IsText(rest.data(), rest.data() + length)) return Fail("it has unknown characters");
      text_ = rest.substr(0, length);
      at_ += length;
      if (text_.find('\r') != std::string_view::npos) {
        decoded_text_.clear();
        for (size_t i = 0; i < text_.size(); ++i) {
          if (text_[i] != '\r') decoded_text_ += text_[i];
          if (text_[i] == '\r' && (i + 1 == text_.size() || text_[i + 1] != '\n')) {
            decoded_text_ += '\n';
          }
        }
        text_ = decoded_text_;
      }
      return XmlEvent::kText;
    }
    if (close == 0) {
      at_ += 3;
      in_section_ = false;
      text_ = {};
      return XmlEvent::kText;
    }
    if (!Fill()) return Fail("a section does not end");
  }
}

XmlEvent XmlScanner::Text() {
  begun_ = true;
  size_t length = 0;
  bool coded = false;
  while (true) {
    const char* begin = buffer_.data() + at_;
    const size_t there = end_ - at_;
    while (length < there) {
      if (!Is(begin[length], kSpecial)) {
        ++length;
        continue;
      }
      if (begin[length] == '<') break;
      coded = true;
      ++length;
    }
    if (length < there) break;
    if (length >= kXmlBlock / 2) {
      // Long text goes out in pieces.
      const size_t cut = CutOf(begin, length);
      if (cut > 0) {
        length = cut;
        break;
      }
    }
    if (!Fill()) {
      if (!status_.ok()) return XmlEvent::kError;
      break;
    }
  }
  const std::string_view raw(buffer_.data() + at_, length);
  at_ += length;
  if (name_ends_.empty()) {
    for (const char c : raw) {
      if (!Is(c, kSpace)) return Fail("there is text outside its element");
    }
    return XmlEvent::kDone;
  }
  text_ = raw;
  if (!coded) return XmlEvent::kText;
  if (!IsText(raw.data(), raw.data() + raw.size())) return Fail("it has unknown characters");
  if (raw.find("]]>") != std::string_view::npos) return Fail("a section ends without a beginning");
  decoded_text_.clear();
  if (!Decode(raw, false, decoded_text_)) return Fail("it has an unknown reference");
  text_ = decoded_text_;
  return XmlEvent::kText;
}

size_t XmlScanner::CutOf(const char* begin, size_t length) {
  // Not inside a character, a reference, a line end or the end of a section.
  constexpr size_t kLongestReference = 64;
  size_t cut = length - 4;
  while (cut > 0 && (static_cast<unsigned char>(begin[cut]) & 0xC0) == 0x80) --cut;
  for (size_t back = 1; back < kLongestReference && back < cut; ++back) {
    if (begin[cut - back] == ';') break;
    if (begin[cut - back] == '&') cut -= back;
  }
  for (int i = 0; i < 2 && cut > 0 && begin[cut - 1] == ']'; ++i) --cut;
  while (cut > 0 && begin[cut - 1] == '\r') --cut;
  return cut;
}

bool XmlScanner::AppendReference(std::string_view name, std::string& out) {
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x');
    if (hex) name.remove_prefix(1);
    if (name.empty()) return false;
    uint32_t code = 0;
    for (const char c : name) {
      uint32_t digit = 16;
      if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
      if (hex && c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a') + 10;
      if (hex && c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A') + 10;
      if (digit > 15) return false;
      code = code * (hex ? 16 : 10) + digit;
      if (code > 0x10FFFF) return false;
    }
    if (!IsXmlCharacter(code)) return false;
    AppendUtf8(code, out);
    return true;
  }
  constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [known, character] : kNamed) {
    if (name != known) continue;
    out += character;
    return true;
  }
  return false;
}

bool XmlScanner::Decode(std::string_view coded, bool attribute, std::string& out) {
  for (size_t i = 0; i < coded.size(); ++i) {
    const char c = coded[i];
    if (c == '&') {
      const size_t end = coded.find(';', i);
      if (end == std::string_view::npos) return false;
      if (!AppendReference(coded.substr(i + 1, end - i - 1), out)) return false;
      i = end;
    } else if (c == '\r') {
      if (i + 1 < coded.size() && coded[i + 1] == '\n') ++i;
      out += attribute ? ' ' : '\n';
    } else {
      out += attribute && (c == '\n' || c == '\t') ? ' ' : c;
    }
  }
  return true;
}

bool XmlScanner::IsText(const char* begin, const char* end) {
  bool ascii = true;
  for (const char* at = begin; at < end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    if (c >= 0x80) ascii = false;
  }
  if (ascii) return true;
  const std::string_view text(begin, static_cast<size_t>(end - begin));
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  // U+FFFE and U+FFFF are no characters.
  for (size_t at = text.find("\xEF\xBF"); at != std::string_view::npos;
       at = text.find("\xEF\xBF", at + 1)) {
    if (static_cast<unsigned char>(text[at + 2]) >= 0xBE) return false;
  }
  return true;
}

}  // namespace sluice::spreadsheet

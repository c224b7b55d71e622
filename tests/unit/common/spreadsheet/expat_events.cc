#include "tests/unit/common/spreadsheet/expat_events.h"

#include <expat.h>

#include <algorithm>
#include <cstring>

#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {
namespace {

std::string_view Local(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void OnStart(void* out, const XML_Char* name, const XML_Char** attributes) {
  auto& text = *static_cast<std::string*>(out);
  text += '(';
  text += Local(name);
  for (; *attributes != nullptr; attributes += 2) {
    text += ' ';
    text += attributes[0];
    text += '=';
    text += attributes[1];
  }
  text += '|';
}

void OnEnd(void* out, const XML_Char*) {
  *static_cast<std::string*>(out) += ')';
}

void OnText(void* out, const XML_Char* text, int length) {
  static_cast<std::string*>(out)->append(text, static_cast<size_t>(length));
}

class ShortReads : public ByteStream {
 public:
  ShortReads(std::string_view bytes, size_t most) : bytes_(bytes), most_(most) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    const size_t given = std::min({count, most_, bytes_.size()});
    std::memcpy(buffer, bytes_.data(), given);
    bytes_.remove_prefix(given);
    return given;
  }

 private:
  std::string_view bytes_;
  const size_t most_;
};

}  // namespace

std::string ExpatEvents(std::string_view xml) {
  std::string events;
  const XML_Parser parser = XML_ParserCreate("UTF-8");
  XML_SetUserData(parser, &events);
  XML_SetElementHandler(parser, OnStart, OnEnd);
  XML_SetCharacterDataHandler(parser, OnText);
  const bool taken =
      XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK;
  XML_ParserFree(parser);
  return taken ? events : "refused";
}

std::string ScannerEvents(std::string_view xml, size_t most) {
  if (xml.starts_with("\xEF\xBB\xBF")) xml.remove_prefix(3);
  ShortReads reads(xml, most);
  XmlScanner scanner(reads, Limits());
  std::string events;
  while (true) {
    switch (scanner.Next()) {
      case XmlEvent::kStart:
        events += '(';
        events += scanner.name();
        for (const auto& [name, value] : scanner.Attributes()) {
          events += ' ';
          events += name;
          events += '=';
          events += value;
        }
        events += '|';
        break;
      case XmlEvent::kEnd:
        events += ')';
        break;
      case XmlEvent::kText:
        events += scanner.text();
        break;
      case XmlEvent::kDone:
        return events;
      case XmlEvent::kError:
        return "refused";
    }
  }
}

bool MayDiffer(std::string_view xml) {
  if (xml.find("<!DOCTYPE") != std::string_view::npos) return true;
  if (xml.find("<?xml") != std::string_view::npos) return true;
  // UTF-16 is made UTF-8 before it is scanned.
  if (xml.starts_with("\xFF\xFE") || xml.starts_with("\xFE\xFF")) return true;
  // Inside tags only: what stands in texts is compared.
  bool tag = false;
  for (const char c : xml) {
    if (c == '<') tag = true;
    if (c == '>') tag = false;
    if (tag && (c & 0x80) != 0) return true;
  }
  return false;
}

}  // namespace sluice::spreadsheet

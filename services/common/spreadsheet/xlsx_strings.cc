#include "common/spreadsheet/xlsx_strings.h"

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xml_characters.h"

namespace sluice::spreadsheet {
namespace {

constexpr size_t kEscapeLength = 7;

// The UTF-16 unit of an escape at the beginning of `text`, or -1.
int EscapedUnit(std::string_view text) {
  if (text.size() < kEscapeLength || text[0] != '_' || text[1] != 'x' || text[6] != '_') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

absl::Status TooLong() {
  return Refuse(Refusal::kTooLarge, "it holds a text that is longer than the limit");
}

}  // namespace

void AppendUnescaped(std::string_view text, std::string& out) {
  size_t from = 0;
  for (size_t at = text.find("_x"); at != std::string_view::npos; at = text.find("_x", at)) {
    const int unit = EscapedUnit(text.substr(at));
    if (unit < 0) {
      at += 2;
      continue;
    }
    out += text.substr(from, at - from);
    at += kEscapeLength;
    auto code = static_cast<uint32_t>(unit);
    if (code >= 0xD800 && code < 0xDC00) {
      const int low = EscapedUnit(text.substr(at));
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + static_cast<uint32_t>(low - 0xDC00);
        at += kEscapeLength;
      }
    }
    // Half of a pair is no character.
    AppendUtf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
    from = at;
  }
  out += text.substr(from);
}

bool ReadRichText(XmlScanner& xml, const Limits& limits, std::string& out, absl::Status& status) {
  const size_t outside = xml.depth() - 1;
  std::string coded;
  bool in_text = false;
  bool preserve = false;
  while (true) {
    switch (xml.Next()) {
      case XmlEvent::kStart:
        if (xml.name() == "rPh" || xml.name() == "phoneticPr") {
          if (!xml.SkipElement()) {
            status = xml.status();
            return false;
          }
          break;
        }
        in_text = xml.name() == "t";
        preserve = xml.Attribute("space") == "preserve";
        coded.clear();
        break;
      case XmlEvent::kText:
        if (!in_text) break;
        coded += xml.text();
        if (out.size() + coded.size() > limits.string_bytes) {
          status = TooLong();
          return false;
        }
        break;
      case XmlEvent::kEnd:
        // Excel drops white space at the ends of a text that does not say that it is to be kept.
        if (in_text) AppendUnescaped(preserve ? coded : WithoutSpace(coded), out);
        in_text = false;
        if (xml.depth() == outside) return true;
        break;
      default:
        status = xml.status();
        return false;
    }
  }
}

SharedStrings::SharedStrings(std::unique_ptr<ByteStream> part, const Limits& limits)
    : limits_(limits), part_(std::move(part)), strings_(limits_) {
  if (part_ != nullptr) xml_.emplace(*part_, limits_);
}

bool SharedStrings::ReadNext() {
  if (!status_.ok() || !xml_.has_value()) return false;
  while (true) {
    switch (xml_->Next()) {
      case XmlEvent::kStart:
        if (xml_->name() != "si") break;
        text_.clear();
        if (!ReadRichText(*xml_, limits_, text_, status_)) return false;
        status_ = strings_.Add(text_);
        return status_.ok();
      case XmlEvent::kDone:
        xml_.reset();
        return false;
      case XmlEvent::kError:
        status_ = xml_->status();
        return false;
      default:
        break;
    }
  }
}

absl::StatusOr<std::string_view> SharedStrings::Get(uint64_t index, bool& lasting) {
  while (index >= strings_.size()) {
    if (ReadNext()) continue;
    if (!status_.ok()) return status_;
    return Refuse(Refusal::kCorrupt, "a cell names a string that is not in the workbook");
  }
  return strings_.Get(index, lasting);
}

absl::Status SharedStrings::ReadAll() {
  while (ReadNext()) {
  }
  return status_;
}

}  // namespace sluice::spreadsheet

#include "common/spreadsheet/xml_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xml_characters.h"

namespace sluice::spreadsheet {
namespace {

constexpr size_t kAttributesMax = 512;

const char* SkipSpace(const char* at, const char* end) {
  while (at < end && Is(*at, kSpace)) ++at;
  return at;
}

std::string_view LocalName(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

XmlScanner::XmlScanner(ByteStream& in, const Limits& limits)
    : in_(in), limits_(limits), buffer_(kXmlBlock) {}

bool XmlScanner::Fill() {
  if (ended_ || !status_.ok()) return false;
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= limits_.tag_bytes) {
      status_ = Refuse(Refusal::kTooLarge, "an XML part holds a tag that is too large");
      return false;
    }
    buffer_.resize(buffer_.size() * 2);
  }
  auto got = in_.Read(buffer_.data() + end_, buffer_.size() - end_);
  if (!got.ok()) {
    status_ = got.status();
    return false;
  }
  end_ += *got;
  ended_ = *got == 0;
  return !ended_;
}

bool XmlScanner::Ensure(size_t count) {
  while (end_ - at_ < count) {
    if (!Fill()) return false;
  }
  return true;
}

XmlEvent XmlScanner::Fail(std::string_view what) {
  // An error of the stream is the reason for what came after it.
  if (status_.ok()) {
    status_ = Refuse(Refusal::kCorrupt, fmt::format("an XML part is not well-formed: {}", what));
  }
  return XmlEvent::kError;
}

XmlEvent XmlScanner::Next() {
  if (!status_.ok()) return XmlEvent::kError;
  if (pending_end_) {
    pending_end_ = false;
    name_ends_.pop_back();
    names_.resize(name_ends_.empty() ? 0 : name_ends_.back());
    return XmlEvent::kEnd;
  }
  while (true) {
    if (in_section_) return SectionText();
    if (at_ == end_ && !Fill()) {
      if (!status_.ok()) return XmlEvent::kError;
      if (name_ends_.empty() && root_seen_) return XmlEvent::kDone;
      return Fail(root_seen_ ? "it ends inside an element" : "it has no element");
    }
    if (buffer_[at_] != '<') {
      const XmlEvent event = Text();
      if (event == XmlEvent::kDone) continue;
      return event;
    }
    const XmlEvent event = Markup();
    // A comment or an instruction.
    if (event == XmlEvent::kDone) continue;
    return event;
  }
}

bool XmlScanner::SkipElement() {
  const size_t outside = depth() - 1;
  while (true) {
    const XmlEvent event = Next();
    if (event == XmlEvent::kError || event == XmlEvent::kDone) return false;
    if (event == XmlEvent::kEnd && depth() == outside) return true;
  }
}

XmlEvent XmlScanner::Markup() {
  if (!Ensure(2)) return Fail("it ends inside a tag");
  const bool first = !begun_;
  begun_ = true;
  const char next = buffer_[at_ + 1];
  if (next == '/') return EndTag();
  if (next == '?') return Instruction(first);
  if (next != '!') return StartTag();
  if (!Ensure(9)) return Fail("it ends inside a tag");
  const std::string_view opening(buffer_.data() + at_, 9);
  if (opening.starts_with("<!--")) {
    at_ += 4;
    return SkipUntil("-->", true) ? XmlEvent::kDone : Fail("a comment does not end");
  }
  if (opening == "<![CDATA[") {
    if (name_ends_.empty()) return Fail("there is text outside its element");
    at_ += 9;
    in_section_ = true;
    return XmlEvent::kDone;
  }
  if (opening == "<!DOCTYPE") {
    status_ = Refuse(Refusal::kDoctype, "an XML part declares a document type");
    return XmlEvent::kError;
  }
  return Fail("there is a tag of an unknown kind");
}

XmlEvent XmlScanner::Instruction(bool first) {
  constexpr size_t kLongestName = 1000;
  size_t length = 2;
  while (Ensure(length + 2) && Is(buffer_[at_ + length], kNameRest) && length < kLongestName) {
    ++length;
  }
  if (end_ - at_ < length + 2) return Fail("it ends inside an instruction");
  const std::string_view name(buffer_.data() + at_ + 2, length - 2);
  if (name.empty() || !Is(name[0], kNameStart)) return Fail("an instruction has no name");
  const bool reserved = name.size() == 3 && (name[0] | 0x20) == 'x' && (name[1] | 0x20) == 'm' &&
                        (name[2] | 0x20) == 'l';
  if (reserved && (!first || name != "xml")) {
    return Fail("an XML declaration is not at its beginning");
  }
  const std::string_view behind(buffer_.data() + at_ + length, 2);
  if (!Is(behind[0], kSpace) && behind != "?>") return Fail("an instruction is malformed");
  at_ += length;
  return SkipUntil("?>", false) ? XmlEvent::kDone : Fail("an instruction does not end");
}

bool XmlScanner::SkipUntil(std::string_view end, bool comment) {
  // A comment may hold no "--" but that of its end.
  const std::string_view mark = comment ? end.substr(0, 2) : end;
  while (true) {
    const std::string_view rest(buffer_.data() + at_, end_ - at_);
    const size_t found = rest.find(mark);
    const size_t checked = found == std::string_view::npos
                               ? rest.size() - std::min(rest.size(), mark.size() + 3)
                               : found;
    if (found != std::string_view::npos && found + end.size() <= rest.size()) {
      if (!IsText(rest.data(), rest.data() + found)) return false;
      if (!rest.substr(found).starts_with(end)) return false;
      at_ += found + end.size();
      return true;
    }
    // The stretch is cut before a character, never inside one.
    size_t cut = checked;
    while (cut > 0 && (static_cast<unsigned char>(rest[cut]) & 0xC0) == 0x80) --cut;
    if (!IsText(rest.data(), rest.data() + cut)) return false;
    at_ += cut;
    if (!Fill()) return false;
  }
}

XmlEvent XmlScanner::StartTag() {
  // The whole tag is made to be there: a '>' inside a value does not end it.
  size_t length = 1;
  char quote = 0;
  while (true) {
    const char* begin = buffer_.data() + at_;
    const size_t there = end_ - at_;
    while (length < there) {
      const char c = begin[length];
      if (quote != 0) {
        const void* close = std::memchr(begin + length, quote, there - length);
        length =
            close == nullptr ? there : static_cast<size_t>(static_cast<const char*>(close) - begin);
        if (close == nullptr) break;
        quote = 0;
      } else if (c == '>') {
        break;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        return Fail("a tag stands inside a tag");
      }
      ++length;
    }
    if (length < there) break;
    if (!Fill()) return Fail("it ends inside a tag");
  }
  const char* at = buffer_.data() + at_ + 1;
  const char* end = buffer_.data() + at_ + length;
  const char* begin = at;
  at_ += length + 1;
  if (name_ends_.empty() && root_seen_) return Fail("it has more than one element");
  root_seen_ = true;
  pending_end_ = end > at && end[-1] == '/';
  if (pending_end_) --end;
  if (at == end || !Is(*at, kNameStart)) return Fail("a tag has no name");
  while (at < end && Is(*at, kNameRest)) ++at;
  const std::string_view whole(begin, static_cast<size_t>(at - begin));
  if (at < end && !Is(*at, kSpace)) return Fail("a name has unknown characters");
  attributes_.clear();
  decoded_count_ = 0;
  if (at < end && !ReadAttributes(at, end)) return Fail("an attribute is malformed");
  if (!IsText(begin, end)) return Fail("it has unknown characters");
  if (name_ends_.size() >= limits_.depth) {
    status_ = Refuse(Refusal::kTooLarge, "an XML part has too many elements in each other");
    return XmlEvent::kError;
  }
  names_ += whole;
  name_ends_.push_back(names_.size());
  name_ = LocalName(whole);
  return XmlEvent::kStart;
}

bool XmlScanner::ReadAttributes(const char* at, const char* end) {
  while (true) {
    const char* gap = at;
    at = SkipSpace(at, end);
    if (at == end) return true;
    if (at == gap || !Is(*at, kNameStart)) return false;
    const char* name = at;
    while (at < end && Is(*at, kNameRest)) ++at;
    AttributeView attribute;
    attribute.name = {name, static_cast<size_t>(at - name)};
    at = SkipSpace(at, end);
    if (at == end || *at != '=') return false;
    at = SkipSpace(at + 1, end);
    if (at == end || (*at != '"' && *at != '\'')) return false;
    const char quote = *at++;
    const char* value = at;
    while (at < end && *at != quote) {
      if (*at == '<') return false;
      if (*at == '&' || (*at < 0x20 && *at >= 0)) attribute.coded = true;
      ++at;
    }
    if (at == end) return false;
    attribute.value = {value, static_cast<size_t>(at - value)};
    ++at;
    for (const AttributeView& other : attributes_) {
      if (other.name == attribute.name) return false;
    }
    if (attribute.coded) {
      // Looked at even when nobody asks: a tag is right or wrong as a whole.
      std::string checked;
      if (!Decode(attribute.value, true, checked)) return false;
    }
    if (attributes_.size() == kAttributesMax) return false;
    attributes_.push_back(attribute);
  }
}

XmlEvent XmlScanner::EndTag() {
  const void* found = nullptr;
  size_t looked = 2;
  while (true) {
    found = std::memchr(buffer_.data() + at_ + looked, '>', end_ - at_ - looked);
    if (found != nullptr) break;
    looked = end_ - at_;
    if (!Fill()) return Fail("it ends inside a tag");
  }
  const char* begin = buffer_.data() + at_ + 2;
  const char* end = static_cast<const char*>(found);
  at_ += static_cast<size_t>(end - begin) + 3;
  while (end > begin && Is(end[-1], kSpace)) --end;
  const std::string_view whole(begin, static_cast<size_t>(end - begin));
  if (name_ends_.empty()) return Fail("an end has no beginning");
  const size_t from = name_ends_.size() > 1 ? name_ends_[name_ends_.size() - 2] : 0;
  if (whole != std::string_view(names_).substr(from)) return Fail("tags do not match");
  name_ends_.pop_back();
  names_.resize(from);
  name_ = LocalName(whole);
  return XmlEvent::kEnd;
}

std::string_view XmlScanner::ValueOf(const AttributeView& attribute) {
  if (!attribute.coded) return attribute.value;
  if (decoded_values_.size() == decoded_count_) decoded_values_.emplace_back();
  std::string& decoded = decoded_values_[decoded_count_++];
  decoded.clear();
  Decode(attribute.value, true, decoded);
  return decoded;
}

std::string_view XmlScanner::Attribute(std::string_view local_name) {
  for (const AttributeView& attribute : attributes_) {
    if (LocalName(attribute.name) == local_name) return ValueOf(attribute);
  }
  return {};
}

bool XmlScanner::HasAttribute(std::string_view local_name) const {
  for (const AttributeView& attribute : attributes_) {
    if (LocalName(attribute.name) == local_name) return true;
  }
  return false;
}

std::string_view XmlScanner::PrefixedAttribute(std::string_view prefixed_name) {
  for (const AttributeView& attribute : attributes_) {
    if (attribute.name == prefixed_name) return ValueOf(attribute);
  }
  return {};
}

std::vector<std::pair<std::string_view, std::string_view>> XmlScanner::Attributes() {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (const AttributeView& attribute : attributes_) {
    all.emplace_back(attribute.name, ValueOf(attribute));
  }
  return all;
}

}  // namespace sluice::spreadsheet

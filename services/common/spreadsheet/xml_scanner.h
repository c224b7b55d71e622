// XML as a stream of tags and text, made for the large and simple parts of workbooks: several times
// as fast as a general parser. It takes and refuses what EXPAT takes and refuses (a test and a
// fuzzer hold it to that), with these differences: a document type is refused, an element may not
// lie deeper than the limit, a tag not be larger than it, and letters outside ASCII are names
// without a look at which letters they are. Namespaces are not resolved: names are local names.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/spreadsheet/byte_stream.h"
#include "common/spreadsheet/limits.h"

namespace sluice::spreadsheet {

enum class XmlEvent : unsigned char { kStart, kEnd, kText, kDone, kError };

// Thread-compatible. The stream gives UTF-8 (utf8_stream.h) and outlives the scanner. All views are
// valid until the next Next().
class XmlScanner {
 public:
  XmlScanner(ByteStream& in, const Limits& limits);

  // The next event. An empty element is a start and an end. Text between two tags comes in one
  // piece or several, references and line ends resolved. After kError see status().
  XmlEvent Next();
  // Steps over the rest of the element whose start was the last event; false on an error.
  bool SkipElement();

  // Of a start or an end: the name without its prefix.
  std::string_view name() const { return name_; }
  // Of a start: the value of an attribute by its local name, decoded; empty when there is none.
  std::string_view Attribute(std::string_view local_name);
  bool HasAttribute(std::string_view local_name) const;
  // The same by its name with prefix, for names that stand twice with different ones.
  std::string_view PrefixedAttribute(std::string_view prefixed_name);
  // All of them, in order, with their prefixes.
  std::vector<std::pair<std::string_view, std::string_view>> Attributes();
  std::string_view text() const { return text_; }
  // Open elements, the one that starts included.
  size_t depth() const { return name_ends_.size(); }

  const absl::Status& status() const { return status_; }

 private:
  struct AttributeView {
    std::string_view name;
    std::string_view value;
    bool coded = false;
  };

  // Reads more behind what is there; false at the end of the stream or on an error.
  bool Fill();
  // At least `count` bytes are there.
  bool Ensure(size_t count);
  XmlEvent Fail(std::string_view what);
  XmlEvent Markup();
  // `first`: nothing stands before it.
  XmlEvent Instruction(bool first);
  XmlEvent StartTag();
  XmlEvent EndTag();
  XmlEvent Text();
  // Steps over a comment or instruction that ends with `end`; false after an error.
  bool SkipUntil(std::string_view end, bool comment);
  XmlEvent SectionText();
  bool ReadAttributes(const char* at, const char* end);
  std::string_view ValueOf(const AttributeView& attribute);
  // Appends what a reference is for; false when it is none.
  static bool AppendReference(std::string_view name, std::string& out);
  bool Decode(std::string_view coded, bool attribute, std::string& out);
  // Where a stretch of `length` bytes of text, with more behind it, may be cut.
  static size_t CutOf(const char* begin, size_t length);
  // Valid UTF-8 without characters XML does not have.
  static bool IsText(const char* begin, const char* end);

  ByteStream& in_;
  const Limits limits_;
  std::vector<char> buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  bool ended_ = false;
  absl::Status status_;

  std::string_view name_;
  std::string_view text_;
  std::vector<AttributeView> attributes_;
  std::string decoded_text_;
  // A deque: values that were given stay where they are.
  std::deque<std::string> decoded_values_;
  size_t decoded_count_ = 0;
  // Names of the open elements, one after the other, and where each ends.
  std::string names_;
  std::vector<size_t> name_ends_;
  bool pending_end_ = false;
  bool in_section_ = false;
  bool root_seen_ = false;
  bool begun_ = false;
};

}  // namespace sluice::spreadsheet

// Reading and writing the protobuf wire format without generated classes, for the messages that
// flow once per record (see docs/adr/0003-wire-views.md for the measurements). The format is
// protobuf.dev/programming-guides/encoding; the .proto files stay the contract, and tests parse
// what is written here with the generated classes and the other way round.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::base {

enum class WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Appends fields to a string. Thread-compatible; does not own the string.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  // Scalars equal to zero are left out, as proto3 does.
  void Varint(uint32_t field, uint64_t value) {
    if (value == 0) return;
    Tag(field, WireType::kVarint);
    RawVarint(value);
  }
  void Bytes(uint32_t field, std::string_view value) {
    if (value.empty()) return;
    Element(field, value);
  }
  // A member of a repeated field, or one with presence: written also when empty.
  void Element(uint32_t field, std::string_view value) {
    Tag(field, WireType::kBytes);
    RawVarint(value.size());
    out_.append(value);
  }
  // What Bytes() appends, of a field below 16.
  static size_t BytesSize(std::string_view value) {
    if (value.empty()) return 0;
    return 1 + VarintSize(value.size()) + value.size();
  }
  static size_t VarintSize(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) ++size;
    return size;
  }
  // Starts a message field whose length is below 2^28; End() must get the returned mark.
  size_t Begin(uint32_t field) {
    Tag(field, WireType::kBytes);
    out_.append(4, '\0');
    return out_.size();
  }
  void End(size_t mark);
  void Tag(uint32_t field, WireType type) {
    RawVarint((static_cast<uint64_t>(field) << 3) | static_cast<uint32_t>(type));
  }
  void RawVarint(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }

 private:
  std::string& out_;
};

// Walks the fields of one message. Views point into the message. Thread-compatible.
//   WireReader in(bytes);
//   while (in.Next()) switch (in.field()) { case 1: id = in.bytes(); break; }
//   if (!in.ok()) ...
// Unknown fields are stepped over. A malformed message ends the walk with ok() == false.
class WireReader {
 public:
  explicit WireReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  bool Next();
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // The value of a varint or fixed field.
  uint64_t varint() const { return value_; }
  // The value of a length-delimited field.
  std::string_view bytes() const { return bytes_; }
  bool ok() const { return ok_; }

 private:
  // One byte, as nearly all are, without a call.
  bool ReadVarint(uint64_t& value) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    return ReadLongVarint(value);
  }
  bool ReadLongVarint(uint64_t& value);

  const char* at_;
  const char* end_;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t value_ = 0;
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace sluice::base

#include "common/base/wire.h"

#include <cstring>

#include "common/base/check.h"

namespace sluice::base {

void WireWriter::End(size_t mark) {
  // The length was given four bytes; a varint may be padded with continuation bits, which every
  // protobuf parser accepts.
  const size_t length = out_.size() - mark;
  SLUICE_CHECK(length < (size_t{1} << 28), "a nested message is too long");
  out_[mark - 4] = static_cast<char>((length & 0x7f) | 0x80);
  out_[mark - 3] = static_cast<char>(((length >> 7) & 0x7f) | 0x80);
  out_[mark - 2] = static_cast<char>(((length >> 14) & 0x7f) | 0x80);
  out_[mark - 1] = static_cast<char>((length >> 21) & 0x7f);
}

bool WireReader::ReadLongVarint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) return false;
    const unsigned char byte = static_cast<unsigned char>(*at_++);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::Next() {
  if (!ok_ || at_ == end_) return false;
  uint64_t tag = 0;
  ok_ = ReadVarint(tag);
  if (!ok_) return false;
  field_ = static_cast<uint32_t>(tag >> 3);
  type_ = static_cast<WireType>(tag & 7);
  const auto left = static_cast<uint64_t>(end_ - at_);
  switch (type_) {
    case WireType::kVarint:
      ok_ = ReadVarint(value_);
      break;
    case WireType::kBytes: {
      uint64_t length = 0;
      ok_ = ReadVarint(length) && length <= static_cast<uint64_t>(end_ - at_);
      if (ok_) {
        bytes_ = {at_, static_cast<size_t>(length)};
        at_ += length;
      }
      break;
    }
    case WireType::kFixed64:
    case WireType::kFixed32: {
      const size_t size = type_ == WireType::kFixed64 ? 8 : 4;
      ok_ = left >= size;
      if (ok_) {
        value_ = 0;
        std::memcpy(&value_, at_, size);
        at_ += size;
      }
      break;
    }
    default:
      ok_ = false;
  }
  return ok_;
}

}  // namespace sluice::base
